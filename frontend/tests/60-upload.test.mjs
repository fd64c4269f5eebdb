// Own data in the browser: from a file to an open dataset and back, without
// JavaScript, and what is uploaded by mistake.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { launch, open, violationsOf } from './browser.mjs';
import { base, isOurs, logIn } from './site.mjs';

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
  const found = await violationsOf(page);
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

test('a definition goes out and comes back, and a corrected cell is one correction', { skip }, async () => {
  const { page, context } = await open(browser, base);
  await logIn(page);
  const title = 'Rundweg der Prüfstadt';
  await upload(page, file('pegel.csv', gauges()));
  await press(page, 'Stimmt so, weiter');
  await answer(page, title);
  const made = page.url().split('?')[0];
  await press(page, 'Für alle öffnen');
  const facts = async () => (await page.textContent('aside')).replace(/\s+/g, ' ');
  assert.match(await facts(), /Gelesene Zeilen ?40/);
  const address = await page.getByRole('link', { name: 'Seite mit Diagramm, Karte und Schnittstelle' }).getAttribute('href');
  const before = (await status(`${address}/daten.csv`)).text;
  // The exported definition is right as it is, and bringing it back changes nothing.
  const text = await (await context.request.get(`${made.replace('/datensatz', '')}/definition.toml`)).text();
  await page.goto(await page.getByRole('link', { name: /Quelle/ }).last().getAttribute('href'));
  await page.fill('#text', text);
  await press(page, 'Nur prüfen');
  assert.match(await page.textContent('main'), /Die Zuordnung ist in Ordnung\./);
  await page.fill('#text', text);
  await press(page, 'Zuordnung speichern');
  assert.match(await page.textContent('main'), /Gespeichert als Version 2\./, 'opening was the second version, this is no other');
  assert.equal((await status(`${address}/daten.csv`)).text, before);
  // The same file with one cell mended.
  await page.goto(made);
  const mended = gauges().toString('latin1').replace('140,5', '141,5');
  await page.setInputFiles('#datei', file('pegel.csv', Buffer.from(mended, 'latin1')));
  await press(page, 'Hochladen und übernehmen');
  assert.match(await facts(), /Neue Werte ?0 ?Unveränderte Werte ?\d+ ?Berichtigte Werte ?1 /);
  assert.equal((await status(`${address}/daten.csv`)).text.split('\n').length, before.split('\n').length, 'nothing is doubled');
  await context.close();
});

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

/** The beginning of a compound file with a name in UTF-16: `EncryptedPackage` is what Excel writes for a password. */
function compound(name) {
  const head = Buffer.alloc(1024);
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(head);
  return Buffer.concat([head, Buffer.from(name, 'utf16le'), Buffer.alloc(512)]);
}

/** An archive of texts, not compressed (APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.16). */
function archive(parts) {
  const crc32 = (bytes) => {
    let sum = ~0;
    for (const byte of bytes) {
      sum ^= byte;
      for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
    }
    return ~sum >>> 0;
  };
  const [files, list] = [[], []];
  let at = 0;
  for (const [name, text] of Object.entries(parts)) {
    const content = Buffer.from(text);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt32LE(crc32(content), 10);
    facts.writeUInt32LE(content.length, 14);
    facts.writeUInt32LE(content.length, 18);
    facts.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    const file = Buffer.concat([Buffer.from('504b0304', 'hex'), facts, Buffer.from(name), content]);
    files.push(file);
    list.push(Buffer.concat([Buffer.from('504b01021400', 'hex'), facts, place, Buffer.from(name)]));
    at += file.length;
  }
  const directory = Buffer.concat(list);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(list.length, 4);
  end.writeUInt16LE(list.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...files, directory, Buffer.from('504b0506', 'hex'), end]);
}

/** A workbook with a formula and with macros. */
function macros() {
  const word = (place, text) => `<c r="${place}" t="inlineStr"><is><t>${text}</t></is></c>`;
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const links = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const relations = (type, target) =>
    `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${links}/${type}" Target="${target}"/></Relationships>`;
  const rows = `<row r="1">${word('A1', 'Ort')}${word('B1', 'Summe')}</row><row r="2">${word('A2', 'Rathaus')}<c r="B2"><f>1+2</f><v>3</v></c></row>`;
  return archive({
    '[Content_Types].xml': '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    '_rels/.rels': relations('officeDocument', 'xl/workbook.xml'),
    'xl/workbook.xml': `<workbook xmlns="${main}" xmlns:r="${links}"><sheets><sheet name="Daten" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations('worksheet', 'worksheets/sheet1.xml'),
    'xl/worksheets/sheet1.xml': `<worksheet xmlns="${main}"><sheetData>${rows}</sheetData></worksheet>`,
    'xl/vbaProject.bin': 'x',
  });
}

const REFUSED = [
  ['bild.png', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), '„bild.png“ ist ein Bild.', 'Excel- oder CSV-Datei'],
  ['brief.pdf', '%PDF-1.7\n1 0 obj', '„brief.pdf“ ist ein PDF.', 'Laden Sie die Tabelle hoch'],
  ['leer.csv', '', 'Die Datei „leer.csv“ ist leer.', 'vollständig gespeichert'],
  ['kopf.csv', 'Name;Einwohner\n', 'In der Datei „kopf.csv“ stehen keine Daten.', 'keine Zeile darunter'],
  ['geheim.xlsx', compound('EncryptedPackage'), 'Die Datei „geheim.xlsx“ ist mit einem Kennwort geschützt.', 'nehmen Sie'],
  ['breit.csv', `${Array.from({ length: 300 }, (_, n) => `Spalte${n}a`).join(';')}\n${Array(300).fill('1').join(';')}\n`, 'Die Tabelle in „breit.csv“ hat 300 Spalten.', 'bis zu 200'],
  ['leer.geojson', '{"type":"FeatureCollection","features":[]}', 'In der Datei „leer.geojson“ stehen keine Daten.', 'wenn sie Daten enthält'],
  ['alt.xls', compound('Workbook'), '„alt.xls“ ist eine Excel-Datei der alten Art (.xls).', 'Excel-Arbeitsmappe (.xlsx)'],
  ['unicode.csv', Buffer.from('\ufeffName;Wert\nA;1\n', 'utf16le'), 'Der Text in „unicode.csv“ ist als UTF-16 gespeichert.', 'CSV UTF-8'],
  ['sammlung.zip', archive({ 'bild.txt': 'x' }), '„sammlung.zip“ ist ein Archiv mit anderen Dateien.', 'Entpacken Sie es'],
  ['brief.txt', 'Sehr geehrte Damen und Herren\nanbei die Zahlen\n', 'In „brief.txt“ ist keine Tabelle zu erkennen.', 'mit Semikolon'],
  ['programm.exe', Buffer.from('4d5a90000300000004000000', 'hex'), '„programm.exe“ ist keine Tabelle.', 'Gelesen werden Excel'],
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
  // With JavaScript it is not even sent.
  const { page, context } = await open(browser, base, { javaScriptEnabled: false });
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

const ODD = [
  ['makro.xlsm', macros(), ['Die Arbeitsmappe enthält Formeln. Übernommen wird das Ergebnis', 'Die Arbeitsmappe enthält Makros. Sie werden nicht ausgeführt']],
  ['gemischt.csv', `Name;Anzahl\n${Array.from({ length: 20 }, (_, n) => `Ort ${n};${n}\n`).join('')}Ort 20;viele\n`, ['In Zeile 22 steht „viele“ in der Spalte „Anzahl“. Erwartet wird eine Zahl']],
  [
    'verein.csv',
    'Nr;Vorname;Nachname;E-Mail;Telefon;Geburtsdatum\n1;Erika;Muster;a@example.org;06151 123456;01.02.1990\n2;Max;Beispiel;b@example.org;06151 654321;03.04.1985\n',
    ['Vorname', 'Nachname', 'E-Mail', 'Telefon', 'Geburtsdatum'].map((column) => `Die Spalte „${column}“ sieht nach personenbezogenen Daten aus`),
  ],
  ['kurz.csv', 'a;b;c\nx;1;2\ny;3;4\nz;5;6\nQuelle: Amt\n', ['Zeile 5 hat 1 Felder, die Kopfzeile 3. Solche Zeilen werden nicht übernommen, sondern zurückgelegt.']],
  ['ohne-kennung.csv', 'Art;Menge\nGlas;1\nGlas;2\nPapier;3\n', ['Keine Spalte und keine Auswahl von Spalten unterscheidet die Zeilen.', 'wird an ihrer Nummer wiedererkannt']],
  ['namen.json', '{"stand":"2026","orte":{"nord":{"wert":1},"sued":{"wert":2}}}', ['2 Spalten, 2 Zeilen angesehen']],
];

for (const [name, content, told] of ODD) {
  test(`what is odd about ${name} is told before anything is made of it`, { skip }, async () => {
    const { page, context } = await open(browser, base);
    await logIn(page);
    await upload(page, file(name, content));
    const main = (await page.textContent('main')).replace(/\s+/g, ' ');
    for (const sentence of told) assert.ok(main.includes(sentence), `${sentence}: ${main}`);
    await assertSound(page);
    await press(page, 'Entwurf verwerfen');
    assert.match(await page.textContent('main'), /Der Entwurf ist verworfen\.\s*Die hochgeladene Datei/);
    await context.close();
  });
}

test('coordinates of another system are told with the place they land at', { skip }, async () => {
  const { page, context } = await open(browser, base);
  await logIn(page);
  await upload(page, file('lage.csv', 'Name;Rechtswert;Hochwert\na;477123.4;5556789.1\nb;477200.0;5556800.0\n'));
  assert.equal(await page.inputValue('select[name=bezug]'), 'EPSG:25832');
  await page.selectOption('select[name=bezug]', 'EPSG:3857');
  await press(page, 'Vorschau erneuern');
  assert.match(await page.textContent('main'), /Der Ort in Zeile 2 liegt bei [\d,]+° Nord, [\d,]+° Ost und damit außerhalb von Deutschland\./);
  await press(page, 'Entwurf verwerfen');
  await context.close();
});

test('a browser that goes away in the middle leaves nothing', { skip }, async () => {
  const { page, context } = await open(browser, base);
  await logIn(page);
  await page.goto(START);
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const token = await page.locator('main form input[name=csrf]').first().inputValue();
  const part = (name, more) => `--grenze\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
  const begin = `${part('csrf', '')}${token}\r\n${part('datei', '; filename="abgebrochen.csv"')}a;b\n${'1;2\n'.repeat(100_000)}`;
  const headers = { cookie, origin: base, 'sec-fetch-site': 'same-origin', 'content-type': 'multipart/form-data; boundary=grenze', 'content-length': 50_000_000 };
  const request = http.request(`${base}${START}`, { method: 'POST', headers });
  const closed = new Promise((resolve) => request.on('close', resolve));
  request.on('error', () => {});
  await new Promise((resolve) => request.write(begin, resolve));
  request.destroy();
  await closed;
  await page.goto(START);
  assert.equal(await page.getByRole('link', { name: 'abgebrochen.csv' }).count(), 0);
  await upload(page, file('danach.csv', 'Nr;Name\n1;Linde\n2;Ulme\n'));
  assert.match(await page.title(), /^Vorschau: danach\.csv/);
  await press(page, 'Entwurf verwerfen');
  await context.close();
});

test('of two clerks at one draft the second is told, and keeps the input', { skip }, async () => {
  const [first, second] = [await open(browser, base), await open(browser, base)];
  await logIn(first.page);
  await logIn(second.page);
  await upload(first.page, file('zu-zweit.csv', 'Nr;Name;Plätze\n01;Rathaus;1.200\n02;Bahnhof;80\n'));
  const draft = first.page.url();
  await second.page.goto(draft);
  await first.page.selectOption('#art2', 'weglassen');
  await press(first.page, 'Vorschau erneuern');
  await second.page.selectOption('#art2', 'text');
  await press(second.page, 'Vorschau erneuern');
  assert.match(await second.page.textContent('main'), /hat diesen Entwurf um \d{1,2}:\d\d Uhr geändert\. Ihre Eingaben sind noch da\./);
  assert.equal(await second.page.inputValue('#art2'), 'text');
  await press(second.page, 'Vorschau erneuern');
  await first.page.goto(draft);
  assert.equal(await first.page.inputValue('#art2'), 'text');
  await press(second.page, 'Entwurf verwerfen');
  await Promise.all([first, second].map(({ context }) => context.close()));
});

test('a file that is too large is refused before it is sent', { skip }, async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'allmende-gross-'));
  const large = path.join(folder, 'gross.csv');
  fs.writeFileSync(large, '');
  fs.truncateSync(large, 2 ** 31);
  const { page, context, faults } = await open(browser, base);
  await logIn(page);
  await page.goto(START);
  await page.setInputFiles('#datei', large);
  assert.match(await page.textContent('#datei-fault'), /Möglich sind bis zu 500.MB/);
  assert.equal(await page.isVisible('#datei-fault'), true);
  await page.getByRole('button', { name: 'Hochladen und ansehen' }).click();
  assert.equal(await page.evaluate(() => document.querySelector('#datei').validity.customError), true);
  assert.equal(new URL(page.url()).pathname, START, 'nothing was sent');
  await page.setInputFiles('#datei', file('klein.csv', 'a;b\n1;2\n'));
  assert.equal(await page.isVisible('#datei-fault'), false);
  assert.deepEqual(faults, []);
  await context.close();
  fs.rmSync(folder, { recursive: true });
});
