// Dashboards: answers of the server, live values, the pause, what others embed, the wall.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { launch, open } from './browser.mjs';
import { base, isOurs, logIn, measure } from './site.mjs';

const skip = !isOurs;
const home = '/dashboards/heute';

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** Waits until a tile shows a number. */
const shows = (page, number) =>
  page.waitForFunction((text) => document.querySelector('[data-tile="luft"] .tile__number')?.textContent === text, String(number));
const stands = (page, state) => page.waitForFunction((text) => document.querySelector('[data-live]')?.dataset.state === text, state);

test('without JavaScript the answers are there, and no button that does nothing', { skip }, async () => {
  await measure(31);
  for (const path of [home, '/anzeige/heute', '/einbetten/dashboards/heute', `${home}/kachel/luft`]) {
    const { page, context, faults } = await open(browser, base, { javaScriptEnabled: false });
    await page.goto(path);
    assert.equal(await page.textContent('[data-tile="luft"] .tile__number'), '31', path);
    assert.match(await page.textContent('[data-tile="luft"]'), /gerade eben|vor \d+ Min/);
    assert.equal(await page.locator('button[type=button]:visible').count(), 0, path);
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test('a new value appears by itself, and what changed in words is told', { skip }, async () => {
  await measure(12);
  const { page, context, faults } = await open(browser, base);
  await page.goto(home);
  await stands(page, 'on');
  await shows(page, 12);
  await measure(77);
  await shows(page, 77);
  assert.match(await page.textContent('#status'), /Ist die Luft gut\? Nein/);
  assert.match(await page.textContent('.live__text'), /von selbst/);
  assert.deepEqual(faults, []);
  await context.close();
});

test('the pause holds values, by keyboard too; resuming shows the newest', { skip }, async () => {
  await measure(20);
  const { page, context } = await open(browser, base);
  await page.goto(home);
  await stands(page, 'on');
  await page.locator('.live__button').focus();
  await page.keyboard.press('Enter');
  await stands(page, 'paused');
  assert.equal((await page.textContent('.live__button')).trim(), 'Weiter');
  assert.match(await page.textContent('#status'), /Angehalten/);
  await measure(21);
  // Somebody else sees it; this page must not.
  const other = await open(browser, base);
  await other.page.goto(home);
  await shows(other.page, 21);
  assert.equal(await page.textContent('[data-tile="luft"] .tile__number'), '20');
  await page.keyboard.press('Enter');
  await shows(page, 21);
  await stands(page, 'on');
  assert.equal(await page.evaluate(() => document.activeElement.className.includes('live__button')), true, 'the focus stays');
  await context.close();
  await other.context.close();
});

test('a lost connection is said', { skip }, async () => {
  const { page, context } = await open(browser, base);
  await page.route('**/api/v1/live**', (route) => route.abort());
  await page.goto(home);
  await stands(page, 'lost');
  assert.match(await page.textContent('.live__text'), /unterbrochen/);
  assert.match(await page.textContent('[data-tile="luft"] .tile__number'), /\d/);
  await context.close();
});

test('a hidden page closes its stream', { skip }, async () => {
  const { page, context } = await open(browser, base);
  await page.addInitScript(() => {
    const Source = window.EventSource;
    window.sources = [];
    window.EventSource = class extends Source {
      constructor(address) {
        super(address);
        window.sources.push(this);
      }
    };
    window.EventSource.CLOSED = Source.CLOSED;
  });
  await page.goto(home);
  await stands(page, 'on');
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  assert.equal(await page.evaluate(() => window.sources[0].readyState), 2);
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: false, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await page.waitForFunction(() => window.sources.at(-1).readyState === 1 && window.sources.length === 2);
  await context.close();
});

test('another page may embed a tile, and nothing else of ours', { skip }, async () => {
  await measure(44);
  const { page, context } = await open(browser, base);
  await page.goto(`${home}/kachel/luft`);
  await page.locator('.share summary').click();
  const code = await page.textContent('#embed');
  assert.match(code, /^<iframe src="http[^"]+\/einbetten\/dashboards\/heute\/kachel\/luft" title="Ist die Luft gut\?/);
  const other = http.createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>Verein</title>${code}<iframe src="${base}${home}" title="verboten"></iframe>`);
  });
  await new Promise((done) => other.listen(0, '127.0.0.1', done));
  const stranger = await browser.newPage();
  await stranger.goto(`http://127.0.0.1:${other.address().port}/`);
  await stranger.frameLocator('iframe').first().locator('.tile__number', { hasText: '44' }).waitFor();
  const refused = stranger.frames().at(-1);
  assert.equal(await refused.locator('.tile__number').count(), 0, 'the page itself stays out of frames');
  const cookies = await stranger.context().cookies();
  assert.deepEqual(cookies, []);
  await stranger.close();
  other.close();
  await context.close();
});

test('the wall shows all tiles without scrolling, and follows', { skip }, async () => {
  await measure(50);
  const { page, context, faults } = await open(browser, base, { viewport: { width: 1920, height: 1080 } });
  await page.goto('/anzeige/heute');
  await stands(page, 'on');
  assert.equal(await page.locator('nav').count(), 0);
  // As much as the demo shows: four tiles, sentences of three lines, rules, lists.
  await page.evaluate(() => {
    const board = document.querySelector('.board');
    const words = 'Stickstoffdioxid an der am stärksten belasteten Station: Münster Weseler Straße. Aufgezeichnet: 06.02.2023, 21:00 Uhr. ';
    for (const tile of [...board.children]) board.append(tile.cloneNode(true));
    for (const text of board.querySelectorAll('.tile__sentence')) text.textContent = words;
    for (const text of board.querySelectorAll('.tile__meaning')) text.textContent = words.repeat(2);
    document.querySelector('.wall__notice').textContent = words.repeat(2);
  });
  for (const [width, height] of [[1920, 1080], [1366, 768], [1280, 768], [1280, 720]]) {
    await page.setViewportSize({ width, height });
    const size = await page.evaluate(() => [document.documentElement.scrollHeight - innerHeight, document.documentElement.scrollWidth - innerWidth]);
    assert.ok(size[0] <= 0 && size[1] <= 0, `${size} px to scroll at ${width} × ${height}`);
  }
  await measure(51);
  await shows(page, 51);
  assert.deepEqual(faults, []);
  await context.close();
});

test('print has the answers and no controls', { skip }, async () => {
  const { page, context } = await open(browser, base);
  await page.goto(home);
  await stands(page, 'on');
  await page.emulateMedia({ media: 'print' });
  for (const gone of ['.live__button', '.main-nav', '.share', '.tile__links']) {
    assert.equal(await page.locator(gone).first().isVisible(), false, gone);
  }
  assert.equal(await page.locator('.tile__number').first().isVisible(), true);
  await context.close();
});

test('a clerk makes a dashboard without code, and nobody sees it before it is open', { skip }, async () => {
  await measure(61);
  const { page, context, faults } = await open(browser, base);
  const press = (target) => Promise.all([page.waitForNavigation(), target.click()]);
  const status = async (address) => (await fetch(`${base}${address}`)).status;
  await logIn(page);
  await page.goto('/verwaltung/dashboards');
  await press(page.getByRole('button', { name: 'Kachel anlegen' }));
  assert.equal(await page.evaluate(() => document.activeElement.id), 'errors', 'what is missing has the focus');
  await page.fill('#frage', 'Wie ist die Luft?');
  await page.selectOption('#wert', 'luft no2');
  await page.fill('#name', 'Meine Stadt');
  await press(page.getByRole('button', { name: 'Kachel anlegen' }));
  assert.equal(await status('/dashboards/meine-stadt'), 404);
  await press(page.getByRole('button', { name: 'Für alle öffnen: Meine Stadt' }));
  const answer = await (await fetch(`${base}/einbetten/dashboards/meine-stadt`)).text();
  assert.match(answer, /Wie ist die Luft\?[\s\S]*61/);
  await press(page.getByRole('link', { name: 'Bearbeiten: Wie ist die Luft?' }));
  await page.fill('#stufe1-bis', '100,5');
  await page.fill('#stufe1-wort', 'Ganz gut');
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('#stufe1-wort').isVisible(), true, 'what is typed can be printed');
  await page.emulateMedia({ media: null });
  await press(page.getByRole('button', { name: 'Speichern', exact: true }));
  assert.match(await (await fetch(`${base}/dashboards/meine-stadt`)).text(), /Ganz gut/);
  await press(page.getByRole('button', { name: 'Zurückziehen: Meine Stadt' }));
  assert.equal(await status('/dashboards/meine-stadt'), 404);
  await press(page.getByRole('link', { name: 'Löschen: Meine Stadt' }));
  await press(page.getByRole('button', { name: 'Ja, entfernen' }));
  assert.match(await page.textContent('main'), /Das Dashboard ist gelöscht\./);
  assert.equal(await page.getByRole('link', { name: 'Meine Stadt' }).count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});
