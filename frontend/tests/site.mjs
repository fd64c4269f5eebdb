// What all tests share: the address, the pages there are, logging in.
import { pages, texts } from './routes.mjs';

export const base = process.env.ALLMENDE_URL ?? '';
export const code = process.env.ALLMENDE_CODE ?? '';
export const account = { name: 'pruefung', password: 'Ein langer Satz zum Prüfen' };
/** Whether the server is ours, so that we may log in and change things. */
export const isOurs = code !== '';

/** The key of a report that waits for an answer. */
export const report = process.env.ALLMENDE_REPORT ?? '';

const place = 'ort=AirQualityObserved%3Anord';

/** What stands for each page with a gap in its address, and pages with states worth a look. */
const EXAMPLES = {
  '/': ['/'],
  '/datensaetze': ['/datensaetze', '/datensaetze?thema=umwelt'],
  '/suche': ['/suche?q=luft', '/suche?q=xyzzy'],
  '/datensaetze/{slug}': ['/datensaetze/luft', `/datensaetze/luft?messwert=o3&${place}&zeitraum=woche`, `/datensaetze/luft?${place}&von=2026-01-01`, `/datensaetze/luft?${place}&werte=einzeln`, '/datensaetze/orte'],
  '/datensaetze/{slug}/tabelle': ['/datensaetze/luft/tabelle', `/datensaetze/luft/tabelle?${place}&von=2026-01-01&bis=2026-12-31`, '/datensaetze/orte/tabelle'],
  '/datensaetze/{slug}/herkunft': ['/datensaetze/luft/herkunft?id=AirQualityObserved%3Anord&spalte=no2'],
  '/dashboards/{slug}': ['/dashboards/heute'],
  '/dashboards/{slug}/kachel/{id}': ['/dashboards/heute/kachel/luft'],
  '/einbetten/dashboards/{slug}': ['/einbetten/dashboards/heute'],
  '/einbetten/dashboards/{slug}/kachel/{id}': ['/einbetten/dashboards/heute/kachel/leute'],
  '/anzeige/{slug}': ['/anzeige/heute'],
  '/verwaltung/dashboards/{slug}/kachel/{id}': ['/verwaltung/dashboards/heute/kachel/luft'],
  '/verwaltung/dashboards/{slug}/entfernen': ['/verwaltung/dashboards/heute/entfernen'],
  '/datensaetze/{slug}/api': ['/datensaetze/luft/api', `/datensaetze/luft/api?frage=verlauf&${place}&anzahl=5`],
  '/fehler-melden': ['/fehler-melden', `/fehler-melden?datensatz=luft&${place.replace('ort', 'id')}&spalte=no2`],
  '/meldungen/{key}': [`/meldungen/${report}`],
  '/verwaltung/meldungen/{key}': [`/verwaltung/meldungen/${report}`],
  '/verwaltung/quellen/{name}': ['/verwaltung/quellen/luft'],
  '/verwaltung/laeufe/{id}': ['/verwaltung/laeufe/1'],
  '/verwaltung/konto/schluessel/{id}': ['KEY'],
  '/verwaltung/hochladen/{id}': ['DRAFT'],
  '/verwaltung/hochladen/{id}/angaben': ['DRAFT/angaben'],
  '/verwaltung/hochladen/{id}/datensatz': ['MADE/datensatz'],
};

const routes = pages(EXAMPLES);

/** The pages in the site map of a server that runs already, without the language in front. */
async function mapped() {
  const xml = await (await fetch(`${base}/sitemap.xml`)).text();
  const paths = [...xml.matchAll(/<loc>https?:\/\/[^/]+([^<]*)<\/loc>/g)].map((match) => match[1]);
  return paths.filter((one) => !/^\/en(\/|$)/.test(one));
}

/** The pages of text: two views of them are enough, they differ in their words alone. */
export const documents = texts.map((name) => `/${name}`);

/** Every public page; on a server that is not ours those of its site map. */
export const publicPages = isOurs
  ? [...routes.public.flatMap(([, examples]) => examples), '/gibt-es-nicht']
  : (await mapped()).flatMap((one) => (one.startsWith('/datensaetze/') ? [one, `${one}/tabelle`] : [one]));

/** Whether a page stands in a foreign page or on a wall: without header, navigation and foot. */
export const isBare = (address) => /^\/(anzeige|einbetten)\//.test(address);

/** Every page of the administration; `KEY` stands for a key of one's own, `DRAFT` and `MADE` for an upload before and after its dataset, see `settle`. */
export const adminPages = routes.administration.flatMap(([, examples]) => examples);

/** A page with a picture: the one most tests look at. */
export const picture = isOurs ? '/datensaetze/luft' : '/datensaetze/luftqualitaet';

/** Logs the page's context in. */
export async function logIn(page) {
  await page.goto('/verwaltung/anmelden');
  await page.fill('#konto', account.name);
  await page.fill('#passwort', account.password);
  await Promise.all([page.waitForURL('**/verwaltung'), page.click('main form button')]);
}

/** The address of a page of the administration, for somebody who is logged in: makes the key or the upload it needs. */
export async function settle(page, address) {
  const [state, ...rest] = address.split('/');
  if (state === 'KEY') return keyPage(page);
  if (state !== 'DRAFT' && state !== 'MADE') return address;
  const title = state === 'DRAFT' ? 'entwurf.csv' : 'angelegt.csv';
  await page.goto('/verwaltung/hochladen');
  const known = page.locator('main a[href*="/verwaltung/hochladen/"]').filter({ hasText: state === 'DRAFT' ? title : 'Angelegt' });
  if ((await known.count()) === 0) await upload(page, title, state === 'MADE');
  else await known.first().click();
  const root = new URL(page.url()).pathname.split('/').slice(0, 4).join('/');
  return [root, ...rest].join('/');
}

/** The page of a key of one's own. */
async function keyPage(page) {
  const link = page.locator('main a[href*="/verwaltung/konto/schluessel/"]');
  await page.goto('/verwaltung/konto');
  if ((await link.count()) === 0) {
    await page.fill('#bezeichnung', 'Prüfung');
    await Promise.all([page.waitForNavigation(), page.click('button[value=schluessel]')]);
    await page.goto('/verwaltung/konto');
  }
  return new URL(await link.first().evaluate((one) => one.href)).pathname;
}

/** Uploads a small table; makes a dataset of it when that is wanted. */
async function upload(page, name, whole) {
  const press = (label) => Promise.all([page.waitForNavigation(), page.getByRole('button', { name: label, exact: true }).click()]);
  await page.setInputFiles('#datei', { name, mimeType: 'text/csv', buffer: Buffer.from('Nr;Name;Höhe\nB-1;Linde;12,5\nB-2;Ulme;9,0\n') });
  await press('Hochladen und ansehen');
  if (!whole) return;
  await press('Stimmt so, weiter');
  await page.fill('#titel', 'Angelegt');
  await page.fill('#aussage', 'Wie hoch die Bäume sind. Jedes Jahr gemessen.');
  await page.fill('#herausgeber', 'Amt für Grün');
  await page.check('#personen-nein');
  await press('Datensatz anlegen');
}

/** Sends a value of now to the source of the dashboard. */
export async function measure(no2) {
  const headers = { authorization: `Bearer ${process.env.ALLMENDE_TOKEN}`, 'content-type': 'application/json' };
  const body = JSON.stringify([{ station: 'Mitte', zeit: new Date().toISOString(), no2 }]);
  const answer = await fetch(`${base}/api/v1/quellen/jetzt/daten`, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
}
