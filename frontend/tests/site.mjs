// What all tests share: the address, the pages there are, logging in.
export const base = process.env.ALLMENDE_URL ?? '';
export const code = process.env.ALLMENDE_CODE ?? '';
export const account = { name: 'pruefung', password: 'Ein langer Satz zum Prüfen' };
/** Whether the server is ours, so that we may log in and change things. */
export const isOurs = code !== '';

export const documents = ['ueber', 'schnittstellen', 'impressum', 'datenschutz', 'barrierefreiheit', 'barriere-melden', 'leichte-sprache', 'gebaerdensprache'].map((slug) => `/${slug}`);

const place = 'ort=AirQualityObserved%3Anord';
export const publicPages = isOurs
  ? [
      '/',
      '/datensaetze',
      '/datensaetze?thema=umwelt',
      '/suche?q=luft',
      '/suche?q=xyzzy',
      '/datensaetze/luft',
      `/datensaetze/luft?messwert=o3&${place}&zeitraum=woche`,
      '/datensaetze/orte',
      '/datensaetze/luft/tabelle',
      '/datensaetze/orte/tabelle',
      '/datensaetze/luft/herkunft?id=AirQualityObserved%3Anord&spalte=no2',
      ...documents,
      '/verwaltung/anmelden',
      '/gibt-es-nicht',
    ]
  : ['/', '/datensaetze', '/suche?q=luft', ...[
      'luftqualitaet', 'wetter', 'radverkehr', 'parken', 'gemeinden', 'verkehr', 'ladesaeulen', 'bahnhoefe', 'haltestellen', 'atemwege',
      'lastprofile', 'wetter-rohdaten', 'sommer-2026', 'lorawan-tts', 'lorawan-chirpstack',
    ].flatMap((slug) => [`/datensaetze/${slug}`, `/datensaetze/${slug}/tabelle`])];

export const adminPages = ['/verwaltung', '/verwaltung/hochladen', '/verwaltung/quellen', '/verwaltung/quellen/luft', '/verwaltung/laeufe/1'];

/** A page with a picture: the one most tests look at. */
export const picture = isOurs ? '/datensaetze/luft' : '/datensaetze/luftqualitaet';

/** Logs the page's context in. */
export async function logIn(page) {
  await page.goto('/verwaltung/anmelden');
  await page.fill('#konto', account.name);
  await page.fill('#passwort', account.password);
  await Promise.all([page.waitForURL('**/verwaltung'), page.click('main form button')]);
}
