import { serve } from './city.mjs';
import { launch, open, unfold } from './browser.mjs';
const city = await serve('/tmp/allmende-copy');
const b = await launch();
const { page } = await open(b, city.url, { colorScheme: 'light' });
await page.goto('/datensaetze/luft');
console.log(await page.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(document.documentElement).getPropertyValue('--kern-color-layout-background-default'), getComputedStyle(document.documentElement).getPropertyValue('--chart-text')]));
await b.close(); await city.stop();
