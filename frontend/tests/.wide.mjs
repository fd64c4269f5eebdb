import { serve } from './city.mjs';
import { launch, open, unfold } from './browser.mjs';
const city = await serve('/tmp/allmende-copy');
const b = await launch();
for (const [path, width] of [['/datensaetze/luft/tabelle', 320], ['/datensaetze/orte', 1280], ['/datensaetze/orte/tabelle', 1280], ['/datensaetze/orte', 320]]) {
  const { page, context } = await open(b, city.url, { viewport: { width, height: 800 } });
  await page.goto(path); await unfold(page);
  console.log(path, width, await page.evaluate(() => [...document.querySelectorAll('body *')].filter((e) => { const r = e.getBoundingClientRect(); if (r.right <= innerWidth + 1) return false; for (let p = e.parentElement; p; p = p.parentElement) { const o = getComputedStyle(p).overflowX; if (o === 'auto' || o === 'hidden' || o === 'scroll') return false; } return true; }).slice(0, 12).map((e) => e.tagName + '.' + e.getAttribute('class') + '#' + e.id + ' ' + Math.round(e.getBoundingClientRect().right))));
  await page.screenshot({ path: `/tmp/shots/w-${path.split('/').join('_')}-${width}.png`, fullPage: true });
  await context.close();
}
await b.close(); console.log((await city.stop()).split('\n').filter(l => /WARN|ERROR/.test(l)).slice(0,5));
