// English on every page: the switch leads to the same page, addresses for
// search engines are whole, and no German stands there unmarked.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open, unfold } from './browser.mjs';
import { adminPages, base, isBare, isOurs, logIn, publicPages, settle } from './site.mjs';

/** Frequent German words that are no English ones. */
const GERMAN = `aber alle alles als andere anderen auch auf aus bei beim bis bitte damit dann das dass dem der des dieser diese dieses doch dort
  durch ein eine einem einen einer eines einmal erst es für geben gibt haben heute hier ihre ihrem ihren ihrer immer ist jede jeder jedes 
  kann kein keine keinen können letzte letzter mehr mit nach neu neue neuer nicht nichts noch nur oder ohne schon sehr sein seit seite sich sie
  sind sowie über und unter viele vom von vor waren welche wenn werden wie wieder wird wurde wurden zahl zeile zeigen zeit zu zum zur zwei
  abmelden anmelden angemeldet datensatz datensätze daten einstellungen fehler hilfe quelle quellen speichern suche suchen verwaltung wert werte
  zeitraum stunde stunden tag tage monat monate jahr jahre uhr lizenz herkunft`.split(/\s+/);

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/**
 * German words of the page that stand outside `lang="de"`. Names of places and
 * keys in data are left out: code, cells of tables, labels of maps (WCAG 2.2, 3.1.2 exempts names).
 */
function germanIn(words) {
  const frequent = new Set(words);
  const skipped = '[lang]:not([lang=en]), pre, code, script, style, textarea, td, tbody th, option, svg.map';
  const found = [];
  const look = (text, element) => {
    // Addresses keep their German nouns in every language.
    const words = text.split(/\s+/).filter((one) => !/[/@\\]/.test(one));
    const word = words.join(' ').split(/[^\p{L}]+/u).find((one) => frequent.has(one.toLocaleLowerCase('de')));
    if (word) found.push(`„${word}“ in „${text.trim().slice(0, 100)}“ (${element.tagName.toLowerCase()}.${element.className.baseVal ?? element.className})`);
  };
  const isSkipped = (element) => element.closest(skipped) !== null && element.closest(skipped) !== document.documentElement;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (!isSkipped(walker.currentNode.parentElement)) look(walker.currentNode.data, walker.currentNode.parentElement);
  for (const name of ['aria-label', 'alt', 'title', 'placeholder', 'data-done', 'data-failed', 'data-light', 'data-dark']) {
    for (const element of document.body.querySelectorAll(`[${name}]`)) if (!isSkipped(element)) look(element.getAttribute(name), element);
  }
  return found;
}

/** What is wrong with the page as an English one. */
async function check(page, address) {
  const response = await page.goto(`/en${address === '/' ? '' : address}`);
  assert.ok(response.status() < 500 && response.status() !== 303, `${address}: ${response.status()}`);
  await unfold(page);
  const facts = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    switch: document.querySelector('.service-nav a[hreflang=de]')?.getAttribute('href'),
    alternates: [...document.querySelectorAll('link[rel=alternate][hreflang]')].map((one) => [one.hreflang, one.getAttribute('href')]),
    canonical: document.querySelector('link[rel=canonical]')?.getAttribute('href'),
    links: [...document.querySelectorAll('header a[href^="/"], footer a[href^="/"], main a[href^="/"]')].map((one) => one.getAttribute('href')),
  }));
  const path = address.split('?')[0];
  assert.equal(facts.lang, 'en', address);
  assert.deepEqual(await page.evaluate(germanIn, GERMAN), [], address);
  if (isBare(address)) return;
  assert.equal(facts.switch, address, 'the switch leads to the same page');
  assert.deepEqual(
    Object.fromEntries(facts.alternates),
    { de: base + path, 'x-default': base + path, en: `${base}/en${path}` },
    `${address}: addresses in both languages, whole`,
  );
  assert.equal(facts.canonical, `${base}/en${path}`, address);
  const left = facts.links.filter((href) => !/^\/en(\/|$)/.test(href) && !isLanguageless(href) && href !== address);
  assert.deepEqual(left, [], `${address}: links that leave the language`);
}

/** Addresses for programs are the same in every language. */
const isLanguageless = (href) => /\.[a-z]+(\?.*)?$/.test(href) || ['/id/', '/ngsi-ld/', '/static/', '/api/'].some((start) => href.startsWith(start));

for (const path of publicPages) {
  test(`/en${path}`, async () => {
    const { page, context, faults } = await open(browser, base);
    await check(page, path);
    assert.deepEqual(faults, []);
    await context.close();
  });
}

for (const path of adminPages) {
  test(`/en${path}`, { skip: !isOurs }, async () => {
    const { page, context } = await open(browser, base);
    await logIn(page);
    await check(page, await settle(page, path));
    await context.close();
  });
}
