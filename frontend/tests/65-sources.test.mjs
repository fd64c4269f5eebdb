// A source's buttons: pause, go on, run now; what its page and the lists say of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open, violationsOf } from './browser.mjs';
import { base, isOurs, logIn } from './site.mjs';

const SOURCE = '/verwaltung/quellen/luft';

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

async function press(page, name) {
  await Promise.all([page.waitForNavigation(), page.getByRole('button', { name, exact: true }).click()]);
}

/** Nothing wider than the window, nothing axe objects to. */
async function assertSound(page) {
  const found = await violationsOf(page);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.deepEqual({ at: page.url(), found, wide: Math.max(wide, 0) }, { at: page.url(), found: [], wide: 0 });
}

for (const [view, options] of [
  ['desktop', { viewport: { width: 1280, height: 900 } }],
  ['320 px, without script, dark', { viewport: { width: 320, height: 640 }, javaScriptEnabled: false, colorScheme: 'dark' }],
]) {
  test(`a source rests, goes on and runs by its buttons, ${view}`, { skip: !isOurs }, async () => {
    const { page, context, faults } = await open(browser, base, options);
    await logIn(page);
    assert.match(await page.textContent('main'), /Was kaputt ist oder wartet/, 'what is broken stands on the first page');
    await page.goto(SOURCE);
    await press(page, 'Anhalten');
    assert.match(await page.textContent('main'), /Die Quelle ist angehalten\.\s*Sie nimmt nichts mehr auf, bis Sie sie fortsetzen\./);
    assert.equal(await page.getByRole('button', { name: 'Anhalten', exact: true }).count(), 0);
    if (options.javaScriptEnabled !== false) await assertSound(page);
    await press(page, 'Jetzt laufen lassen');
    assert.match(await page.textContent('main'), /Die Quelle „\w+“ ruht/);
    await page.goto('/verwaltung/quellen');
    const item = page.locator('main li').filter({ has: page.locator(`a[href$="${SOURCE}"]`) });
    assert.match(await item.textContent(), /angehalten/);
    assert.doesNotMatch(await item.textContent(), /Nächster Lauf/);
    await page.goto(SOURCE);
    await press(page, 'Fortsetzen');
    assert.match(await page.textContent('main'), /Die Quelle läuft weiter\./);
    await press(page, 'Jetzt laufen lassen');
    assert.match(await page.textContent('main'), /Der Lauf hat begonnen\./);
    assert.match(await page.textContent('aside'), /Zuletzt nachgesehen/);
    if (options.javaScriptEnabled !== false) await assertSound(page);
    assert.deepEqual(faults, []);
    await context.close();
  });
}
