// What goes out and comes back: the interface tried with and without script,
// an error reported and answered, feeds found.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open } from './browser.mjs';
import { base, isOurs, logIn, report } from './site.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const API = '/datensaetze/luft/api';

test('the interface is tried with script, without leaving the page', { skip: !isOurs }, async () => {
  const { page, context, faults } = await open(browser, base);
  await page.goto(API);
  await page.evaluate(() => (window.stayed = true));
  await page.selectOption('#frage', 'verlauf');
  await page.fill('#anzahl', '3');
  await page.click('form[data-try] button');
  await page.waitForFunction(() => document.getElementById('antwort')?.textContent.includes('lastN=3'));
  assert.match(await page.textContent('#antwort'), /Status 200 OK.*"values"/s);
  assert.equal(await page.evaluate(() => window.stayed), true);
  assert.match(page.url(), /frage=verlauf/);
  assert.equal(await page.textContent('#status'), 'Die Antwort ist da.');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'antwort');
  // Copying works in what was drawn later too.
  await page.locator('#antwort summary').first().click();
  await page.locator('#antwort button[data-copy]').first().waitFor({ state: 'visible' });
  assert.deepEqual(faults, []);
  await context.close();
});

test('the interface is tried without script', { skip: !isOurs }, async () => {
  const { page, context } = await open(browser, base, { javaScriptEnabled: false });
  await page.goto(API);
  await page.selectOption('#frage', 'tabelle');
  await page.click('form[data-try] button');
  await page.waitForURL('**frage=tabelle**');
  assert.match(await page.textContent('#antwort'), /Status 200 OK.*text\/csv.*id,name,time/s);
  await context.close();
});

test('an error is reported from the table, without script and without account, and answered', { skip: !isOurs }, async () => {
  const { page, context } = await open(browser, base, { javaScriptEnabled: false });
  await page.goto('/datensaetze/luft/tabelle');
  await page.locator('main a', { hasText: 'den Wert in der Tabelle wählen' }).click();
  await page.locator('#values ~ tbody td a, main table td a').first().click();
  await page.waitForURL('**/fehler-melden?**');
  await page.click('main form button');
  assert.match(await page.textContent('#errors'), /Schreiben Sie, was nicht stimmt/);
  await page.fill('#meldung', 'Die Station war abgebaut.');
  await page.click('main form button');
  await page.waitForURL('**/meldungen/**');
  assert.match(await page.textContent('main'), /Ihre Meldung ist angekommen.*Noch hat niemand geantwortet/s);
  const own = page.url().split('?')[0];

  const clerk = await open(browser, base);
  await logIn(clerk.page);
  assert.match(await clerk.page.textContent('main'), /Meldungen warten auf eine Antwort/);
  await clerk.page.goto(own.replace('/meldungen/', '/verwaltung/meldungen/'));
  await clerk.page.fill('#antwort', 'Der Wert ist gelöscht.');
  await clerk.page.click('button[value=antworten]');
  await clerk.page.waitForURL('**gespeichert=1');
  await clerk.page.goto(`/verwaltung/meldungen/${report}`);
  assert.match(await clerk.page.textContent('main'), /erika@beispiel\.example/);
  await clerk.context.close();

  await page.goto(own);
  assert.match(await page.textContent('main'), /Der Wert ist gelöscht\./);
  await page.locator('main a', { hasText: 'Zum Wert und seiner Herkunft' }).click();
  assert.match(await page.textContent('main'), /Was zu Meldungen geantwortet wurde.*Der Wert ist gelöscht\./s);
  await context.close();
});

test('the slider leads to where its value comes from', { skip: !isOurs }, async () => {
  const { page, context } = await open(browser, base);
  await page.goto('/datensaetze/luft?messwert=no2&ort=AirQualityObserved%3Anord');
  await page.locator('[data-ready]').first().waitFor();
  const way = page.locator('.reader__ways a').first();
  assert.equal(await way.textContent(), 'Woher kommt dieser Wert?');
  await way.click();
  await page.waitForURL(/\/herkunft\?.*zeit=|\/tabelle\?/);
  assert.match(await page.textContent('main'), /Woher kommt dieser Wert|Alle Werte/);
  await context.close();
});

test('feeds and other forms of a page are found', async () => {
  const { page, context } = await open(browser, base);
  await page.goto(isOurs ? '/datensaetze/luft' : '/');
  const forms = await page.$$eval('link[rel=alternate][type]', (links) => links.map((link) => [link.type, link.href]));
  const types = forms.map(([type]) => type);
  assert.ok(types.includes('application/atom+xml'), String(types));
  if (isOurs) for (const type of ['text/turtle', 'application/rdf+xml', 'application/ld+json']) assert.ok(types.includes(type), type);
  for (const [type, href] of forms) {
    const answer = await fetch(href);
    assert.equal(answer.status, 200, href);
    assert.match(answer.headers.get('content-type') ?? '', new RegExp(type.replace('+', '\\+')), href);
    if (!type.includes('xml')) continue;
    const fault = await page.evaluate((text) => new DOMParser().parseFromString(text, 'text/xml').querySelector('parsererror')?.textContent ?? '', await answer.text());
    assert.equal(fault, '', href);
  }
  await context.close();
});
