import { launch, open, unfold } from '/work/main/frontend/tests/browser.mjs';
const base = process.argv[2];
const b = await launch();
const shots = JSON.parse(process.argv[3]);
for (const [name, path, w, scheme, opts] of shots) {
  const { page, context, faults } = await open(b, base, { viewport: { width: w, height: 900 }, colorScheme: scheme, ...(opts?.ctx ?? {}) });
  await page.goto(path, { waitUntil: 'load' });
  if (opts?.unfold) await unfold(page);
  if (opts?.media) await page.emulateMedia(opts.media);
  await page.screenshot({ path: `/tmp/shots/${name}.png`, fullPage: true });
  if (faults.length) console.log(name, faults);
  await context.close();
}
await b.close();
