// Own data in the browser: from a file to an open dataset and back, without
// JavaScript, and what is uploaded by mistake.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import AxeBuilder from '@axe-core/playwright';
import { launch, open } from './browser.mjs';
import { base, isOurs, logIn } from './site.mjs';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const START = '/verwaltung/hochladen';
const skip = !isOurs;

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** A file as the browser sends it. */
const file = (name, content) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) });

/** Windows-1252, decimal comma, local time, two gauges. */
function gauges(extra = '') {
  const lines = ['Messstelle;Zeitpunkt;Wasserstand (cm);Temperatur (°C)'];
  for (let day = 1; day <= 20; day++) {
    for (const place of ['Brückenstraße', 'Am Markt']) {
      lines.push(`${place};${String(day).padStart(2, '0')}.03.2026 12:00;${120 + day},5;${day % 7},0`);
    }
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n${extra}`, 'latin1');
}

/** Points in degrees. */
const trees = JSON.stringify({
  type: 'FeatureCollection',
  features: ['Linde', 'Ulme', 'Eiche'].map((name, n) => ({
    type: 'Feature',
    properties: { nr: `B-${n}`, name, hoehe: 10 + n },
    geometry: { type: 'Point', coordinates: [8.65 + n / 100, 49.87] },
  })),
});

async function upload(page, content) {
  await page.goto(START);
  await page.setInputFiles('#datei', content);
  await press(page, 'Hochladen und ansehen');
}

async function press(page, name) {
  await Promise.all([page.waitForNavigation(), page.getByRole('button', { name, exact: true }).click()]);
}

async function answer(page, title) {
  await page.fill('#titel', title);
  await page.fill('#aussage', 'Wie hoch das Wasser steht. Jeden Tag um zwölf Uhr gemessen.');
  await page.fill('#herausgeber', 'Amt für Wasser');
  await page.check('#personen-nein');
  await press(page, 'Datensatz anlegen');
}

/** Nothing wider than the window, nothing axe objects to. */
async function assertSound(page) {
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  const found = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(' | ')}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.deepEqual({ at: page.url(), found, wide: Math.max(wide, 0) }, { at: page.url(), found: [], wide: 0 });
}

async function status(address) {
  const anonymous = await browser.newContext({ baseURL: base });
  const answer = await anonymous.request.get(address);
  const text = await answer.text();
  await anonymous.close();
  return { status: answer.status(), text };
}

const VIEWS = [
  ['desktop', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }],
  ['phone, dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
];

for (const [view, options] of VIEWS) {
  test(`from a file to an open dataset and back, ${view}`, { skip }, async () => {
    const { page, context, faults } = await open(browser, base, options);
    await logIn(page);
    const title = `Pegel der Prüfstadt, ${view}`;
    await page.goto(START);
    await assertSound(page);
    await upload(page, file('pegel.csv', gauges()));
    assert.match(await page.title(), /^Vorschau: pegel\.csv/);
    await assertSound(page);
    // What was found out about the columns.
    const chosen = (name) => page.locator(`select[name=${name}] option[selected]`).textContent();
    assert.deepEqual(await Promise.all(['art0', 'art1', 'art2', 'art3'].map(chosen)), ['Text', 'Zeitpunkt der Messung', 'Zahl', 'Zahl']);
    assert.deepEqual(await Promise.all(['einheit2', 'einheit3'].map(chosen)), ['cm', '°C']);
    assert.equal(await chosen('kodierung'), 'ISO-8859-1 / Windows-1252');
    assert.ok(await page.isChecked('input[name=kennung][value="0"]'));
    // A column is left out, which can be taken back.
    await page.selectOption('#art3', 'weglassen');
    await press(page, 'Vorschau erneuern');
    assert.equal(await chosen('art3'), 'Weglassen');
    await page.selectOption('#art3', 'zahl');
    await page.selectOption('#art2', 'zahl');
    await press(page, 'Vorschau erneuern');
    await page.selectOption('select[name=einheit3]', 'CEL');
    await press(page, 'Stimmt so, weiter');
    await assertSound(page);
    // Nothing is made of half an answer, and what was typed is kept.
    await page.fill('#titel', title);
    await press(page, 'Datensatz anlegen');
    assert.match(await page.title(), /^Fehler: /);
    assert.equal(await page.inputValue('#titel'), title);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'errors');
    await assertSound(page);
    await answer(page, title);
    assert.match(await page.textContent('main'), /Der Datensatz ist angelegt\./);
    await assertSound(page);
    const made = page.url().split('?')[0];
    const dataset = await page.getByRole('link', { name: 'Seite mit Diagramm, Karte und Schnittstelle' }).getAttribute('href');
    // The one who made it sees its values; nobody else sees that it exists.
    await page.goto(`${dataset}/tabelle`);
    assert.match(await page.textContent('main'), /140,5/);
    assert.equal((await status(dataset)).status, 404);
    await page.goto(made);
    await press(page, 'Für alle öffnen');
    await assertSound(page);
    const seen = await status(`${dataset}/daten.csv`);
    assert.equal(seen.status, 200);
    assert.match(seen.text, /Brückenstraße/);
    assert.match(seen.text, /140[.,]5/);
    assert.match((await status(dataset)).text, /Wie hoch das Wasser steht\./);
    // A newer file brings one row more.
    await page.setInputFiles('#datei', file('pegel-neu.csv', gauges('Am Markt;21.03.2026 12:00;199,5;3,0\r\n')));
    await press(page, 'Hochladen und übernehmen');
    assert.match(await page.textContent('main'), /Die neue Datei ist übernommen\./);
    assert.match((await status(`${dataset}/daten.csv`)).text, /199[.,]5/);
    // Its definition can be taken along.
    const definition = await context.request.get(await page.getByRole('link', { name: /Definition als Datei/ }).getAttribute('href'));
    assert.match(definition.headers()['content-disposition'], /^attachment; filename="pegel-der-pruefstadt/);
    assert.match(await definition.text(), /^\[source\]\nname = "pegel-der-pruefstadt/);
    await press(page, 'Zurückziehen');
    assert.match(await page.textContent('main'), /Der Datensatz ist zurückgezogen\./);
    assert.equal((await status(dataset)).status, 404);
    assert.deepEqual(faults, []);
    await context.close();
  });
}

test('GeoJSON without JavaScript becomes a dataset with a map', { skip }, async () => {
  const { page, context } = await open(browser, base, { javaScriptEnabled: false });
  await logIn(page);
  await upload(page, file('baeume.geojson', trees));
  await press(page, 'Stimmt so, weiter');
  await answer(page, 'Bäume der Prüfstadt');
  await press(page, 'Für alle öffnen');
  const { text } = await status('/datensaetze/baeume-der-pruefstadt/daten.geojson');
  assert.deepEqual(JSON.parse(text).features.map((one) => one.geometry.coordinates), [[8.65, 49.87], [8.66, 49.87], [8.67, 49.87]]);
  assert.match((await status('/datensaetze/baeume-der-pruefstadt')).text, /Linde/);
  await context.close();
});

test('a spreadsheet below its heading is read, and what is odd is told', { skip }, async () => {
  const { page, context } = await open(browser, base);
  await logIn(page);
  const workbook = path.join(import.meta.dirname, '../../crates/harmonise/fixtures/ladesaeulen/in.xlsx');
  await upload(page, { ...file('saeulen.xlsx', ''), buffer: fs.readFileSync(workbook) });
  assert.match(await page.textContent('main'), /Die Kopfzeile steht in Zeile 4\./);
  assert.equal(await page.locator('select[name=kopfzeile] option[selected]').textContent(), 'Zeile 4');
  await assertSound(page);
  // A draft is durable until it is thrown away.
  await page.goto(START);
  assert.ok(await page.getByRole('link', { name: 'saeulen.xlsx' }).isVisible());
  await page.getByRole('link', { name: 'saeulen.xlsx' }).click();
  await press(page, 'Entwurf verwerfen');
  assert.equal(await page.getByRole('link', { name: 'saeulen.xlsx' }).count(), 0);
  await context.close();
});

test('columns that look personal must be answered for, and stay closed', { skip }, async () => {
  const { page, context } = await open(browser, base);
  await logIn(page);
  await upload(page, file('verein.csv', 'Nr;Verein;Ansprechpartner;E-Mail\n1;Turnverein;Erika Muster;erika@example.org\n2;Chor;Max Muster;max@example.org\n'));
  assert.match(await page.textContent('main'), /„E-Mail“ sieht nach personenbezogenen Daten aus/);
  await press(page, 'Stimmt so, weiter');
  await answer(page, 'Vereine der Prüfstadt');
  assert.match(await page.textContent('#errors'), /Bestätigen Sie, dass in diesen Spalten keine Angaben zu Menschen stehen/);
  await assertSound(page);
  await page.check('#personen-ja');
  await press(page, 'Datensatz anlegen');
  assert.match(await page.textContent('main'), /Der Datensatz bleibt geschlossen\./);
  assert.equal(await page.getByRole('button', { name: 'Für alle öffnen' }).count(), 0);
  assert.equal((await status('/datensaetze/vereine-der-pruefstadt')).status, 404);
  await context.close();
});

/** The beginning of a compound file with a name in UTF-16, as Excel writes it for a password. */
function locked() {
  const head = Buffer.alloc(1024);
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(head);
  return Buffer.concat([head, Buffer.from('EncryptedPackage', 'utf16le'), Buffer.alloc(512)]);
}

const REFUSED = [
  ['bild.png', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), '„bild.png“ ist ein Bild.', 'Excel- oder CSV-Datei'],
  ['brief.pdf', '%PDF-1.7\n1 0 obj', '„brief.pdf“ ist ein PDF.', 'Laden Sie die Tabelle hoch'],
  ['leer.csv', '', 'Die Datei „leer.csv“ ist leer.', 'vollständig gespeichert'],
  ['kopf.csv', 'Name;Einwohner\n', 'In der Datei „kopf.csv“ stehen keine Daten.', 'keine Zeile darunter'],
  ['geheim.xlsx', locked(), 'Die Datei „geheim.xlsx“ ist mit einem Kennwort geschützt.', 'nehmen Sie'],
  ['breit.csv', `${Array.from({ length: 300 }, (_, n) => `Spalte${n}a`).join(';')}\n${Array(300).fill('1').join(';')}\n`, 'Die Tabelle in „breit.csv“ hat 300 Spalten.', 'bis zu 200'],
  ['halb.json', '[{"a": 1}, {"a": ', 'Die Datei „halb.json“ ist beschädigt oder unvollständig.', 'Zeile 1'],
];

for (const [name, content, title, remedy] of REFUSED) {
  test(`${name} is refused with a sentence`, { skip }, async () => {
    const { page, context } = await open(browser, base);
    await logIn(page);
    await upload(page, file(name, content));
    const told = await page.textContent('#errors');
    assert.ok(told.includes(title) && told.includes(remedy), told);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'errors');
    assert.equal(await page.getByRole('link', { name }).count(), 0, 'nothing of it is kept');
    await assertSound(page);
    await context.close();
  });
}

test('a file of more than 500 MB is refused with both sizes', { skip }, async () => {
  const { page, context } = await open(browser, base);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'allmende-hochladen-'));
  try {
    await logIn(page);
    // Holes cost no room on the disk: a line of text, then spaces that were never written.
    const large = path.join(folder, 'gross.csv');
    fs.writeFileSync(large, `a;b\n${'1;2\n'.repeat(20_000)}`);
    fs.truncateSync(large, 501 * 1024 * 1024);
    await page.goto(START);
    await page.setInputFiles('#datei', large);
    await Promise.all([page.waitForNavigation({ timeout: 300_000 }), page.getByRole('button', { name: 'Hochladen und ansehen' }).click()]);
    assert.match(await page.textContent('#errors'), /Die Datei ist \S+\sMB groß\. Möglich sind bis zu \S+\sMB\./);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
    await context.close();
  }
});

test('no file chosen is told', { skip }, async () => {
  const { page, context } = await open(browser, base);
  await logIn(page);
  await page.goto(START);
  await press(page, 'Hochladen und ansehen');
  assert.match(await page.textContent('#errors'), /Es wurde keine Datei ausgewählt\./);
  await context.close();
});
