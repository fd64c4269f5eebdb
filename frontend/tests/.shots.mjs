import { serve } from './city.mjs';
import { launch, open, unfold } from './browser.mjs';
import { account } from './site.mjs';
const city = await serve(process.env.ALLMENDE_BIN);
const b = await launch();
const { page } = await open(b, city.url, { viewport: { width: 1280, height: 900 } });
await page.goto('/verwaltung/anmelden');
await page.screenshot({ path: '/tmp/shots/a-first.png', fullPage: true });
await page.fill('#code', 'x'); await page.fill('#konto', account.name); await page.fill('#passwort', account.password);
await page.click('main form button'); await page.screenshot({ path: '/tmp/shots/a-first-err.png', fullPage: true });
await page.fill('#code', city.code); await page.fill('#passwort', account.password);
await Promise.all([page.waitForURL('**/verwaltung'), page.click('main form button')]);
for (const [n, p] of [['home','/verwaltung'],['sources','/verwaltung/quellen'],['source','/verwaltung/quellen/luft'],['run','/verwaltung/laeufe/1'],['prov','/datensaetze/luft/herkunft?id=AirQualityObserved%3Anord&spalte=no2'],['table','/datensaetze/luft/tabelle'],['search','/suche?q=luft'],['hostile','/datensaetze/orte']]) { await page.goto(p); await page.screenshot({ path: `/tmp/shots/a-${n}.png`, fullPage: true }); }
await page.setViewportSize({ width: 320, height: 700 });
await page.goto('/datensaetze/luft'); await page.screenshot({ path: `/tmp/shots/a-luft320.png`, fullPage: false });
await page.goto('/verwaltung/quellen/luft'); await page.screenshot({ path: `/tmp/shots/a-source320.png`, fullPage: true });
await b.close(); await city.stop();
