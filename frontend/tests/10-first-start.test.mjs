// The first start: the one-time code makes the account that later tests use.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open } from './browser.mjs';
import { account, base, code, isOurs } from './site.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

test('a wrong code is told, and the input is kept', { skip: !isOurs }, async () => {
  const { page, context, faults } = await open(browser, base);
  await page.goto('/verwaltung');
  await page.waitForURL('**/verwaltung/anmelden?weiter=**');
  await page.fill('#code', 'falsch');
  await page.fill('#konto', account.name);
  await page.fill('#passwort', account.password);
  await page.click('main form button');
  const summary = page.locator('#errors');
  await summary.waitFor();
  assert.match(await page.title(), /^Fehler: /);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'errors');
  assert.equal(await page.inputValue('#konto'), account.name);
  assert.equal(await page.inputValue('#passwort'), '');
  assert.deepEqual(faults, []);
  await context.close();
});

test('the code makes the first account and logs in', { skip: !isOurs }, async () => {
  const { page, context } = await open(browser, base);
  await page.goto('/verwaltung/anmelden');
  await page.fill('#code', code);
  await page.fill('#konto', account.name);
  await page.fill('#passwort', account.password);
  await Promise.all([page.waitForURL('**/verwaltung'), page.click('main form button')]);
  assert.equal(await page.textContent('h1'), 'Was läuft, was ist kaputt');
  const cookie = (await context.cookies()).find((one) => one.name === 'allmende');
  assert.equal(cookie?.httpOnly, true);
  assert.equal(cookie?.sameSite, 'Lax');
  await context.close();
});
