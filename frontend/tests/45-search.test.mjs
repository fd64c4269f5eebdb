// The search as people use it: narrowing, taking filters away, by keyboard,
// on a narrow screen, back and forth, and ways on where nothing was found.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, open, violationsOf } from './browser.mjs';
import { base, isOurs } from './site.mjs';

const desktop = { viewport: { width: 1280, height: 900 } };

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const facets = (page) => page.locator('details.facets');
const box = (page, name, value) => page.locator(`input[name="${name}"][value="${value}"]`);
const chips = async (page) => (await page.locator('.chips li').allTextContents()).map((text) => text.trim());
const slugs = (page) => page.locator('.hits h3 a').evaluateAll((links) => links.map((link) => link.pathname.split('/').at(-1)));

for (const javaScriptEnabled of [true, false]) {
  describe(javaScriptEnabled ? 'with script' : 'without script', { skip: !isOurs }, () => {
    test('filters are set by ticking, shown as chips, and taken away by them', async () => {
      const { page, context } = await open(browser, base, { ...desktop, javaScriptEnabled });
      await page.goto('/suche?q=erfunden');
      const all = await slugs(page);
      assert.ok(all.includes('luft') && all.includes('orte'), all.join());
      await facets(page).locator('summary').first().click();
      await box(page, 'format', 'geojson').check();
      await box(page, 'thema', 'umwelt').check();
      await facets(page).locator('button[type=submit]').click();
      await page.waitForURL(/format=geojson/);
      assert.equal(new URL(page.url()).searchParams.get('q'), 'erfunden');
      assert.deepEqual(await chips(page), ['Thema: Umwelt entfernen', 'Format: GeoJSON entfernen', 'Alle Filter entfernen']);
      await page.locator('.chips a', { hasText: 'Thema' }).click();
      await page.waitForURL((url) => !url.searchParams.has('thema'));
      assert.equal(new URL(page.url()).searchParams.get('format'), 'geojson');
      assert.deepEqual(await chips(page), ['Format: GeoJSON entfernen']);
      await page.locator('.chips a').first().click();
      await page.waitForURL((url) => !url.searchParams.has('format'));
      assert.deepEqual(await slugs(page), all);
      await context.close();
    });

    test('back leads to the list as it was', async () => {
      const { page, context } = await open(browser, base, { ...desktop, javaScriptEnabled });
      await page.goto('/datensaetze?thema=umwelt&format=geojson');
      const before = [await slugs(page), await chips(page)];
      await page.locator('.hits h3 a').first().click();
      await page.waitForURL('**/datensaetze/*');
      await page.goBack();
      assert.deepEqual([await slugs(page), await chips(page)], before);
      assert.ok(await box(page, 'thema', 'umwelt').isChecked());
      assert.ok(await box(page, 'format', 'geojson').isChecked());
      await context.close();
    });

    test('no hits lead on', async () => {
      const { page, context } = await open(browser, base, { ...desktop, javaScriptEnabled });
      await page.goto('/suche?q=qwertzuiop');
      assert.match(await page.textContent('#hits'), /^0 Treffer/);
      const state = page.locator('.empty-state');
      assert.match(await state.textContent(), /nichts gefunden/);
      await state.locator('a[href*="thema="]').first().click();
      await page.waitForURL('**/datensaetze?thema=*');
      assert.ok((await slugs(page)).length > 0);
      await page.goto('/suche?q=luft&thema=quatsch');
      assert.match(await page.textContent('.empty-state'), /Filter/);
      await page.locator('.chips a').first().click();
      await page.waitForURL((url) => !url.searchParams.has('thema'));
      assert.ok((await slugs(page)).length > 0);
      await context.close();
    });
  });
}

test('a typing error is said, and what was meant is one step away', { skip: !isOurs }, async () => {
  const { page, context } = await open(browser, base, desktop);
  await page.goto('/suche?q=Stickstofdioxid');
  assert.match(await page.textContent('.remarks'), /Stickstofdioxid.*Stickstoffdioxid/s);
  await page.locator('.remarks a').click();
  await page.waitForURL('**/suche?q=Stickstoffdioxid');
  assert.equal(await page.locator('.remarks').count(), 0);
  await context.close();
});

test('everything goes by keyboard, in the order of the page', { skip: !isOurs }, async () => {
  const { page, context } = await open(browser, base, desktop);
  await page.goto('/suche?q=luft');
  await page.focus('#q');
  const focused = () => page.evaluate(() => {
    const { tagName, name, value } = document.activeElement;
    return [tagName.toLowerCase(), name, value].filter(Boolean).join(' ');
  });
  await page.keyboard.press('Tab');
  assert.match(await focused(), /^button/);
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'summary');
  await page.keyboard.press('Enter');
  assert.ok(await facets(page).evaluate((part) => part.open));
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'input thema umwelt');
  await page.keyboard.press('Space');
  const boxes = await page.locator('details.facets input:visible').count();
  for (let step = 0; step < boxes; step++) await page.keyboard.press('Tab');
  assert.match(await focused(), /^button/);
  await page.keyboard.press('Enter');
  await page.waitForURL(/thema=umwelt/);
  // Enter in the field keeps the filters.
  await page.focus('#q');
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
  assert.match(page.url(), /q=luft.*thema=umwelt/);
  assert.deepEqual(await chips(page), ['Thema: Umwelt entfernen']);
  await context.close();
});

test('facts of a hit stay apart where there are no styles', { skip: !isOurs }, async () => {
  const { page, context } = await open(browser, base, desktop);
  await page.goto('/suche?q=luft');
  await page.evaluate(() => document.querySelectorAll('link[rel=stylesheet]').forEach((link) => link.remove()));
  const text = await page.locator('.hits__facts').first().innerText();
  assert.match(text, /Amt für Umwelt\n.*\nGeändert: /);
  await context.close();
});

/** Icons that have the colour of the background: with forced colours nobody sees them. */
const pale = (page) => page.evaluate(() => {
  const isPale = (element, part) => ['rgb(255, 255, 255)', 'oklch(1 0 0)'].includes(getComputedStyle(element, part).backgroundColor);
  const icons = [...document.querySelectorAll('main .kern-icon')].filter((icon) => isPale(icon));
  const marks = [...document.querySelectorAll('main .kern-accordion__header')].filter((mark) => isPale(mark, '::after'));
  return [...icons, ...marks].map((one) => one.className);
});

for (const [view, options] of [
  ['desktop', desktop],
  ['dark', { ...desktop, colorScheme: 'dark' }],
  ['320 px', { viewport: { width: 320, height: 700 } }],
  ['320 px, forced colours', { viewport: { width: 320, height: 700 }, forcedColors: 'active' }],
]) {
  for (const path of ['/suche?q=luft&thema=umwelt&format=csv', '/suche?q=Luft+qwertz', '/suche?q=qwertz', '/datensaetze?stand=aelter', '/en/suche?q=air&format=geojson']) {
    test(`${view}: ${path}`, async () => {
      const { page, context, faults } = await open(browser, base, options);
      await page.goto(path);
      await page.evaluate(() => document.querySelectorAll('details').forEach((part) => (part.open = true)));
      assert.deepEqual(await violationsOf(page), []);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, 'wider than the window');
      const small = await page.locator('details.facets label:visible, .chips a:visible').evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().height < 24).map((one) => one.textContent));
      assert.deepEqual(small, [], 'targets of 24 pixels (WCAG 2.5.8)');
      if (options.forcedColors) assert.deepEqual(await pale(page), [], 'icons in the colour of the paper');
      assert.deepEqual(faults, []);
      await context.close();
    });
  }
}
