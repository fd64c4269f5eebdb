// Without JavaScript everything is there: pictures, tables, forms, downloads.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open } from './browser.mjs';
import { account, adminPages, base, isOurs, logIn, picture, publicPages, settle } from './site.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());
const still = { javaScriptEnabled: false, viewport: { width: 1280, height: 900 } };

test('no page has a button that does nothing', async () => {
  const { page, context } = await open(browser, base, still);
  for (const path of publicPages) {
    await page.goto(path);
    assert.deepEqual(await page.locator('button[type=button]:visible').allTextContents(), [], path);
  }
  await context.close();
});

test('no page of the administration has a button that does nothing', { skip: !isOurs }, async () => {
  const { page, context } = await open(browser, base, still);
  await logIn(page);
  for (const path of adminPages) {
    await page.goto(await settle(page, path));
    assert.deepEqual(await page.locator('button[type=button]:visible').allTextContents(), [], path);
  }
  await context.close();
});

test('chart, map, words and tables stand in the page', async () => {
  const { page, context } = await open(browser, base, still);
  await page.goto(picture);
  assert.equal(await page.locator('svg.chart:visible').count(), 1, 'one of the two pictures is shown');
  assert.ok((await page.locator('svg.chart:visible path.line').count()) > 0);
  assert.ok((await page.locator('svg.map .point').count()) > 0);
  assert.match(await page.locator('figure').first().textContent(), /Im Mittel/);
  await page.locator('summary', { hasText: 'Werte als Tabelle' }).click();
  assert.ok((await page.locator('table:visible tbody tr').count()) > 5);
  await context.close();
});

test('days are chosen for the chart, and carried away', async () => {
  const { page, context } = await open(browser, base, still);
  await page.goto(`${picture}/tabelle`);
  const day = (await page.locator('tbody time').first().getAttribute('datetime')).slice(0, 10);
  await page.goto(picture);
  const form = page.locator('form.filters').first();
  await form.locator('[name=von]').fill(day);
  await form.locator('[name=bis]').fill(day);
  await form.locator('button').click();
  await page.waitForURL(`**von=${day}&bis=${day}**`);
  assert.equal(await page.locator('#zeitraum').count(), 0, 'days come before it');
  const part = page.locator('form[aria-labelledby=part]');
  assert.equal(await part.locator('[name=von]').inputValue(), day);
  const waiting = page.waitForEvent('download');
  await part.locator('button', { hasText: 'JSON' }).click();
  assert.match((await waiting).suggestedFilename(), new RegExp(`_${day}_${day}\\.json$`));
  await page.goto(`${picture}?von=2026-02-02&bis=2026-02-01`);
  assert.match(await page.locator('main').textContent(), /Tauschen Sie die beiden/);
  await context.close();
});

test('searching, choosing and paging are plain forms and links', async () => {
  const { page, context } = await open(browser, base, still);
  await page.goto('/');
  await page.fill('#q', 'luft');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/suche?q=luft');
  await page.locator('.hits a').first().click();
  await page.waitForURL('**/datensaetze/**');
  await page.selectOption('#zeitraum', 'woche');
  await page.locator('main form.filters button').first().click();
  await page.waitForURL('**zeitraum=woche**');
  assert.match(await page.locator('svg.chart:visible title').textContent(), /\S/);
  await page.goto(`${picture}/tabelle`);
  await page.locator('a[rel=next]').click();
  assert.match(page.url(), /vor=/);
  await page.locator('tbody td a').first().click();
  assert.match(page.url(), /herkunft/);
  assert.ok((await page.locator('ol.steps > li').count()) >= 3);
  await context.close();
});

test('the files are there', async () => {
  for (const [file, type, first] of [
    ['daten.csv', 'text/csv', /^id,name,time,/],
    ['daten.csv?form=excel', 'text/csv', /^\ufeffKennung;/],
    ['daten.json', 'application/json', /^\[/],
    ['daten.geojson', 'application/geo+json', /^\{"type":"FeatureCollection"/],
  ]) {
    const response = await fetch(`${base}${picture}/${file}`);
    assert.equal(response.status, 200, file);
    assert.match(response.headers.get('content-type'), new RegExp(type.replace('+', '\\+')), file);
    const bytes = new Uint8Array(await response.arrayBuffer());
    assert.match(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.slice(0, 200)), first, file);
  }
});

test('the way of the data: broken, found, mended, replayed', { skip: !isOurs }, async () => {
  const { page, context } = await open(browser, base, still);
  await page.goto('/verwaltung/anmelden');
  await page.fill('#konto', account.name);
  await page.fill('#passwort', account.password);
  await page.click('main form button');
  await page.waitForURL('**/verwaltung');
  assert.match(await page.textContent('main'), /2 Zeilen der Quelle „luft“ konnten nicht gelesen werden/);
  await page.locator('main a', { hasText: 'Zuordnung berichtigen' }).click();
  await page.waitForURL('**/verwaltung/quellen/luft**');
  assert.match(await page.textContent('#quarantine ~ form'), /k\. A\./);

  const text = await page.inputValue('#text');
  await page.fill('#text', text.replace('delimiter', 'delimeter'));
  await page.click('button[value=speichern]');
  assert.match(await page.textContent('#errors'), /delimeter.*delimiter/s);

  await page.fill('#text', text.replace('missing = ["-"]', 'missing = ["-", "k. A."]'));
  await page.click('button[value=speichern]');
  await page.waitForURL('**gespeichert=2**');
  await page.click('button[value=erneut]');
  await page.waitForURL('**uebernommen=2&offen=0**');
  assert.match(await page.textContent('main'), /2 übernommen, 0 bleiben zurückgestellt/);
  assert.match(await page.textContent('main'), /Keine Zeile ist zurückgestellt/);

  await page.locator('form[action$="/abmelden"] button').click();
  await page.goto('/verwaltung');
  await page.waitForURL('**/verwaltung/anmelden**');
  await context.close();
});
