// The five scenarios of docs/szenarien.md, played on the real demo: each step
// there is a step here, and each scenario begins in the demo's first state.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { launch, open } from './browser.mjs';
import { demo, start } from './demo.mjs';

const program = process.env.ALLMENDE_BIN ?? 'allmende';
/** The program is there unless the tests look at a server that runs already. */
const skip = !process.env.ALLMENDE_CODE;
/** Nothing here waits for ever. */
const timeout = 300_000;
const account = { name: 'amt', password: 'Ein langer Satz für das Amt' };

let browser;
let town;
before(async () => {
  if (skip) return;
  [browser, town] = await Promise.all([launch(), demo(program)]);
});
after(async () => {
  await browser?.close();
  town?.remove();
});

/** Presses what leads to another page. */
const press = (page, target) => Promise.all([page.waitForNavigation(), target.click()]);
const button = (page, name) => page.getByRole('button', { name, exact: true });
const text = (page) => page.locator('main').innerText();

/** Names of types and attributes as the platform's own vocabulary has them. */
const names = (city) => ({ link: `<${city.url}/ngsi-ld/v1/jsonldContexts/allmende>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"` });

/** The first account, made with the one-time code. */
async function enter(page, city) {
  await page.goto('/verwaltung/anmelden');
  await page.fill('#code', await city.code());
  await page.fill('#konto', account.name);
  await page.fill('#passwort', account.password);
  await Promise.all([page.waitForURL('**/verwaltung'), page.click('main form button')]);
}

test('a citizen on a phone', { skip, timeout }, async (t) => {
  const city = await town.copy('--still');
  t.after(city.stop);
  const { page, context, faults } = await open(browser, city.url, { viewport: { width: 390, height: 844 } });

  await page.goto('/');
  await page.fill('#q', 'feinstaub');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/suche?q=feinstaub');
  await press(page, page.locator('.hits a').first());
  assert.equal(await page.textContent('h1'), 'Luftqualität in Musterstadt');

  await page.selectOption('#messwert', 'pm10');
  await press(page, button(page, 'Anzeigen'));
  assert.match(page.url(), /messwert=pm10/);
  assert.ok(await page.locator('svg.chart:visible').isVisible());
  assert.match(await page.locator('figure').first().innerText(), /Im Mittel .* Der höchste Wert/s);

  const excel = await page.request.get('/datensaetze/luftqualitaet/daten.csv?form=excel');
  assert.equal(excel.status(), 200);
  assert.match((await excel.text()).split('\r\n')[0], /Feinstaub/);

  // The permanent link leads back here, and the citation names it.
  const permanent = await page.locator('a[href*="/id/datensatz/"]').first().getAttribute('href');
  await page.goto(permanent);
  assert.equal(new URL(page.url()).pathname, '/datensaetze/luftqualitaet');

  // From a value to its line, and a word to the office about it.
  await page.goto('/datensaetze/luftqualitaet/tabelle');
  await press(page, page.locator('tbody td a').first());
  const origin = await text(page);
  for (const part of ['Woher kommt dieser Wert?', 'Wie der Wert gebildet wurde', 'Zeile ', 'Was in dieser Zeile steht']) {
    assert.ok(origin.includes(part), `${part} is not in\n${origin}`);
  }
  await press(page, page.getByRole('link', { name: 'Fehler melden' }));
  await page.getByRole('textbox').first().fill('Der Wert ist viel höher als an der Nachbarstation.');
  await press(page, page.locator('main form').getByRole('button').first());
  assert.match(page.url(), /\/meldungen\//);
  assert.equal((await page.request.get(page.url())).status(), 200);

  await page.goto('/');
  await press(page, page.getByRole('link', { name: 'Leichte Sprache' }).first());
  assert.ok((await text(page)).length > 300);
  assert.deepEqual(faults, []);
  await context.close();
});

/** Forty readings as an office has them: semicolons, Windows-1252, decimal comma, German dates. */
function readings(first) {
  const lines = ['Messstelle;Zeitpunkt;Wasserstand (cm)'];
  for (let day = 1; day <= 20; day++) {
    for (const place of ['Brückenstraße', 'Am Markt']) lines.push(`${place};${String(day).padStart(2, '0')}.03.2026 12:00;${day === 1 ? first : 120 + day},5`);
  }
  return { name: 'pegel.csv', mimeType: 'text/csv', buffer: Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1') };
}

test('a clerk in the first hour', { skip, timeout }, async (t) => {
  const city = await town.copy('--still');
  t.after(city.stop);
  const { page, context, faults } = await open(browser, city.url, { viewport: { width: 1280, height: 900 } });
  const anonymous = async (address) => (await fetch(`${city.url}${address}`)).status;

  await enter(page, city);
  await page.goto('/verwaltung/hochladen');
  await page.setInputFiles('#datei', readings(120));
  await press(page, button(page, 'Hochladen und ansehen'));
  await press(page, button(page, 'Stimmt so, weiter'));
  await page.fill('#titel', 'Pegel am Mühlbach');
  await page.fill('#aussage', 'So hoch steht das Wasser. Gemessen wird jeden Tag um zwölf Uhr.');
  await page.fill('#herausgeber', 'Amt für Wasser');
  await page.check('#personen-nein');
  await press(page, button(page, 'Datensatz anlegen'));
  const made = page.url().split('?')[0];
  const address = await page.getByRole('link', { name: 'Seite mit Diagramm, Karte und Schnittstelle' }).getAttribute('href');
  assert.equal(await anonymous(address), 404, 'nobody sees a draft');
  await press(page, button(page, 'Für alle öffnen'));
  assert.equal(await anonymous(address), 200);
  const found = await (await fetch(`${city.url}/suche.json?q=wasserstand`)).text();
  assert.ok(found.includes('Pegel am Mühlbach'), 'it is found at once');

  // The corrected file changes the two values that differ, and the address stays.
  await page.goto(made);
  await page.setInputFiles('input[type=file]', readings(119));
  await press(page, button(page, 'Hochladen und übernehmen'));
  assert.match(await text(page), /Die neue Datei ist übernommen\./);
  assert.match(await (await fetch(`${city.url}${address}/daten.csv`)).text(), /119[.,]5/);
  await press(page, button(page, 'Zurückziehen'));
  assert.equal(await anonymous(address), 404);

  // A mapping breaks, and is mended.
  await page.goto('/verwaltung/quellen/wetter-rohdaten');
  const definition = await page.inputValue('#text');
  const save = async (changed) => {
    await page.fill('#text', changed);
    await Promise.all([page.waitForURL('**gespeichert=**'), page.click('button[value=speichern]')]);
  };
  await save(definition.replace('YYYYMMDDhhmm', 'DD.MM.YYYY hh:mm'));
  await press(page, button(page, 'Jetzt laufen lassen'));
  const waiting = async () => {
    await page.goto('/verwaltung');
    return (await text(page)).includes('288 Zeilen der Quelle „wetter-rohdaten“ konnten nicht gelesen werden');
  };
  while (!(await waiting()));
  await press(page, page.getByRole('link', { name: 'Zuordnung berichtigen' }).first());
  await save(definition);
  // While the run ends, the source is busy and says so.
  do {
    await page.goto('/verwaltung/quellen/wetter-rohdaten');
    await press(page, page.locator('button[value=erneut]'));
  } while (!page.url().includes('uebernommen='));
  assert.match(await text(page), /288 übernommen, 0 bleiben zurückgestellt/);
  assert.deepEqual(faults, []);
  await context.close();
});

test('a developer who asks nobody', { skip, timeout }, async (t) => {
  const city = await town.copy('--still');
  t.after(city.stop);
  const { page, context, faults } = await open(browser, city.url, { viewport: { width: 1280, height: 900 } });

  await page.goto('/datensaetze/parken');
  await press(page, page.getByRole('link', { name: 'Schnittstelle' }).last());
  assert.match(await text(page), /\/ngsi-ld\/v1\/entities/);

  const get = async (address, headers = {}) => {
    const answer = await fetch(`${city.url}${address}`, { headers });
    return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() };
  };
  const openapi = JSON.parse((await get('/openapi.json')).body);
  assert.ok(openapi.paths['/ngsi-ld/v1/entities']);
  const free = JSON.parse((await get('/ngsi-ld/v1/entities?type=OffStreetParking&options=keyValues&limit=100', names(city))).body);
  assert.ok(free.length > 5 && free.every((one) => one.id.startsWith('urn:ngsi-ld:OffStreetParking:')), JSON.stringify(free[0]));
  const catalogue = await get('/catalog.ttl');
  assert.ok(catalogue.status === 200 && catalogue.body.includes('dcat:Dataset'), catalogue.body.slice(0, 300));
  const geojson = await get('/datensaetze/ladesaeulen/daten.geojson');
  assert.equal(JSON.parse(geojson.body).type, 'FeatureCollection');

  // Writing needs a key, and says so.
  const entity = { id: 'urn:ngsi-ld:Bench:1', type: 'Bench', name: { type: 'Property', value: 'Bank am Markt' } };
  const write = async (token) => {
    const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
    return fetch(`${city.url}/ngsi-ld/v1/entities`, { method: 'POST', headers, body: JSON.stringify(entity) });
  };
  assert.equal((await write()).status, 401);
  const token = (await city.run('token', 'create', '--tenant', 'musterstadt', '--role', 'editor')).trim();
  assert.equal((await write(token)).status, 201);
  assert.equal((await get('/ngsi-ld/v1/entities/urn:ngsi-ld:Bench:1')).status, 404, 'undeclared is restricted');
  const kept = await get('/ngsi-ld/v1/entities/urn:ngsi-ld:Bench:1', { authorization: `Bearer ${token}` });
  assert.equal(JSON.parse(kept.body).name.value, 'Bank am Markt');
  assert.deepEqual(faults, []);
  await context.close();
});

test('an operator on a bad day', { skip, timeout }, async (t) => {
  let city = await town.copy('--still');
  t.after(() => city.stop());
  const inhabitants = async (at) => {
    const answer = await fetch(`${at.url}/ngsi-ld/v1/entities?type=Municipality&attrs=population&options=keyValues&count=true&limit=1000`, { headers: names(at) });
    return { count: Number(answer.headers.get('ngsild-results-count')), body: await answer.text() };
  };
  const before = await inhabitants(city);
  assert.ok(before.count > 400, JSON.stringify(before).slice(0, 500));
  assert.match(await city.run('status'), /musterstadt/);
  assert.equal((await fetch(`${city.url}/readyz`)).status, 200);
  assert.match(await (await fetch(`${city.url}/metrics`)).text(), /allmende_log_seq/);

  // A backup in full flight, the plug pulled, and everything is there.
  const backup = path.join(town.folder, 'sicherung');
  await city.run('backup', backup);
  const { data } = city;
  await city.kill();
  city = await start(program, ['demo', '--still'], data);
  assert.deepEqual(await inhabitants(city), before);
  assert.equal(await city.run('check'), 'musterstadt: unversehrt\n');

  // The backup makes the same town elsewhere.
  const elsewhere = path.join(town.folder, 'ersatz');
  execFileSync(program, ['restore', backup, '--data', elsewhere]);
  const spare = await start(program, ['serve'], elsewhere);
  t.after(spare.stop);
  assert.deepEqual(await inhabitants(spare), before);

  // Carried away in open formats, and read in by a program that never saw it.
  const carried = path.join(town.folder, 'ausfuhr');
  await city.run('export', '--tenant', 'musterstadt', '--to', carried);
  await city.run('import', '--from', carried, '--tenant', 'kopie');
  assert.match(await city.run('tenant', 'list'), /kopie/);
});

test('a council member before the meeting', { skip, timeout }, async (t) => {
  const city = await town.copy();
  t.after(city.stop);
  const { page, context, faults } = await open(browser, city.url, { viewport: { width: 1280, height: 900 } });

  await page.goto('/dashboards/heute');
  const tiles = await text(page);
  for (const question of ['Ist die Luft gut?', 'Wo finde ich einen Parkplatz?', 'Wie viele Räder fahren?', 'Wie warm wird es?']) {
    assert.ok(tiles.includes(question), `${question} is not in\n${tiles}`);
  }
  assert.match(tiles, /Vorführdaten/);
  await page.goto('/anzeige/heute');
  assert.equal(await page.locator('nav').count(), 0, 'the wall shows no navigation');
  const framed = await fetch(`${city.url}/einbetten/dashboards/heute`);
  assert.match(framed.headers.get('content-security-policy'), /frame-ancestors \*/);

  // A number in the minutes must be citable and in English, too.
  await page.goto('/datensaetze/gemeinden');
  assert.match(await text(page), /So zitieren Sie diese Daten/);
  await press(page, page.getByRole('link', { name: 'English' }).first());
  assert.equal(new URL(page.url()).pathname, '/en/datensaetze/gemeinden');
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('header nav:visible').count(), 0, 'paper has no menu');
  assert.deepEqual(faults, []);
  await context.close();
});
