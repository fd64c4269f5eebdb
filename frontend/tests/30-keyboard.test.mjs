// Everything by keyboard: a ring at every stop, each in view, no trap.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open } from './browser.mjs';
import { adminPages, base, isBare, isOurs, logIn, picture, publicPages, settle } from './site.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** Walks with Tab to the end; answers the stops and what is wrong with them. */
async function walk(page) {
  const stops = [];
  const faults = [];
  for (let step = 0; step < 400; step++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      const all = [...document.querySelectorAll('*')];
      return {
        name: `${element.tagName.toLowerCase()} „${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 40)}“`,
        place: all.indexOf(element),
        ring: (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none',
        seen: box.bottom > 0 && box.top < innerHeight && box.width > 0,
      };
    });
    if (!stop) return { stops, faults };
    if (!stop.ring) faults.push(`no ring: ${stop.name}`);
    if (!stop.seen) faults.push(`not in view: ${stop.name}`);
    if (stops.length > 0 && stop.place <= stops.at(-1).place) {
      if (stops.some((known) => known.place === stop.place)) return { stops, faults };
      faults.push(`out of order: ${stop.name}`);
    }
    stops.push(stop);
  }
  faults.push('no end: a trap');
  return { stops, faults };
}

for (const path of publicPages) {
  test(`Tab walks through ${path}`, async () => {
    const { page, context } = await open(browser, base, { viewport: { width: 1280, height: 900 } });
    await page.goto(path);
    const { stops, faults } = await walk(page);
    assert.deepEqual(faults, []);
    assert.ok(stops.length > (isBare(path) ? 0 : 8), `${stops.length} stops`);
    await context.close();
  });
}

for (const path of adminPages) {
  test(`Tab walks through ${path}`, { skip: !isOurs }, async () => {
    const { page, context } = await open(browser, base, { viewport: { width: 1280, height: 900 } });
    await logIn(page);
    await page.goto(await settle(page, path));
    const { faults } = await walk(page);
    assert.deepEqual(faults, []);
    await context.close();
  });
}

test('the skip link leads to the content on every page', async () => {
  const { page, context } = await open(browser, base);
  for (const path of publicPages.filter((one) => !isBare(one))) {
    await page.goto(path);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'content', path);
  }
  await context.close();
});

test('the slider reads values, and says them to screen readers', async () => {
  const { page, context, faults } = await open(browser, base);
  await page.goto(picture);
  const slider = page.locator('.reader input').first();
  await page.locator('[data-ready]').first().waitFor();
  const last = await slider.getAttribute('aria-valuetext');
  await slider.focus();
  await page.keyboard.press('ArrowLeft');
  const before = await slider.getAttribute('aria-valuetext');
  assert.notEqual(before, last);
  assert.equal(await page.locator('.reader output').first().textContent(), before);
  assert.match(before, /\d{4}.*: .*µg\/m³/);
  assert.deepEqual(faults, []);
  await context.close();
});

test('light and dark are kept from page to page', async () => {
  const { page, context } = await open(browser, base, { colorScheme: 'light' });
  await page.goto('/');
  await page.click('#scheme');
  assert.equal(await page.getAttribute('html', 'data-kern-theme'), 'dark');
  assert.equal(await page.textContent('#status'), 'Dunkle Darstellung');
  await page.goto('/datensaetze');
  assert.equal(await page.getAttribute('html', 'data-kern-theme'), 'dark');
  const { cookies } = await context.storageState();
  assert.deepEqual(cookies, [], 'no cookie before the login');
  await context.close();
});

test('code is copied, and that is said', async () => {
  const { page, context } = await open(browser, base, { permissions: ['clipboard-read', 'clipboard-write'] });
  await page.goto(picture);
  await page.locator('summary', { hasText: 'Python' }).click();
  await page.locator('button[data-copy="code-python"]').click();
  await page.waitForFunction(() => document.getElementById('status').textContent !== '');
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /pd\.read_csv/);
  await context.close();
});
