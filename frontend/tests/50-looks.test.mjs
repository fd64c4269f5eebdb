// Weight, spacing, forced colours, print, contrasts that axe cannot see.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open, unfold } from './browser.mjs';
import { adminPages, base, isBare, isOurs, logIn, picture, publicPages, settle } from './site.mjs';

const PAGE_BYTES_MAX = 100_000;
const SCRIPT_BYTES_MAX = 15_000;
/** Cumulative layout shift: how far things move while the page comes in. */
const SHIFT_MAX = 0.05;

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** Adds up how far things move, in the page (Layout Instability API). */
function watchShifts() {
  globalThis.shift = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((one) => (globalThis.shift += one.hadRecentInput ? 0 : one.value))).observe({ type: 'layout-shift', buffered: true });
}

/** Walks every page, those of the administration too, in a window of its own. */
async function everywhere(options, look) {
  const { page, context } = await open(browser, base, options);
  if (isOurs) await logIn(page);
  for (const path of isOurs ? [...publicPages.filter((one) => !one.includes('anmelden')), ...adminPages] : publicPages) {
    const address = await settle(page, path);
    await page.goto(address);
    await look(page, address);
  }
  await context.close();
}

test('no page weighs more than 100 kB, scripts no more than 15 kB, nothing jumps', async () => {
  for (const path of publicPages) {
    // A page for a wall is never on a phone.
    const viewport = path.startsWith('/anzeige/') ? { width: 1920, height: 1080 } : { width: 390, height: 844 };
    const { page, context } = await open(browser, base, { viewport });
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    const kinds = new Map();
    const bytes = { all: 0, Script: 0 };
    session.on('Network.responseReceived', (event) => kinds.set(event.requestId, event.type));
    session.on('Network.loadingFinished', (event) => {
      bytes.all += event.encodedDataLength;
      if (kinds.get(event.requestId) === 'Script') bytes.Script += event.encodedDataLength;
    });
    await page.addInitScript(watchShifts);
    await page.goto(path, { waitUntil: 'networkidle' });
    assert.ok(bytes.all > 10_000 && bytes.all <= PAGE_BYTES_MAX, `${path}: ${bytes.all} bytes`);
    assert.ok(bytes.Script <= SCRIPT_BYTES_MAX, `${path}: ${bytes.Script} bytes of script`);
    const shift = await page.evaluate(() => globalThis.shift);
    assert.ok(shift <= SHIFT_MAX, `${path}: moves by ${shift}`);
    await context.close();
  }
});

test('files of the build are immutable and compressed', async () => {
  const html = await (await fetch(`${base}/`)).text();
  const files = [...html.matchAll(/(?:href|src)="(\/static\/[^"]+\.(?:css|js))"/g)].map((match) => match[1]);
  assert.ok(files.length >= 3, 'the pages have styles: run `npm run build` first');
  for (const file of files) {
    const response = await fetch(base + file, { headers: { 'accept-encoding': 'br' } });
    assert.match(response.headers.get('cache-control'), /immutable/, file);
    assert.equal(response.headers.get('content-encoding'), 'br', file);
  }
});

test('more space between lines, words and letters cuts nothing off (WCAG 1.4.12)', async () => {
  for (const width of [320, 640, 1280]) {
    const { page, context } = await open(browser, base, { viewport: { width, height: 800 } });
    await page.goto(picture);
    const result = await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }');
      document.adoptedStyleSheets = [sheet];
      const cut = [...document.querySelectorAll('main *, header *')].filter((element) => {
        const style = getComputedStyle(element);
        const isText = element.children.length === 0 && element.textContent.trim() !== '';
        const hidden = element.closest('svg, pre, select, .kern-sr-only, .header-search .kern-label, [hidden], #scheme');
        return isText && !hidden && style.overflow !== 'visible' && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1);
      });
      return { wide: Math.max(0, document.documentElement.scrollWidth - innerWidth), cut: cut.map((element) => element.className || element.tagName) };
    });
    assert.deepEqual(result, { wide: 0, cut: [] }, `${width} px`);
    await context.close();
  }
});

test('no page is wider than a window of 320 px or of 640 px, 200 % of a usual one', async () => {
  for (const width of [320, 640]) {
    await everywhere({ viewport: { width, height: 800 } }, async (page, path) => {
      await unfold(page);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, `${path} at ${width} px`);
    });
  }
});

test('with forced colours no icon and no control vanishes on any page', async () => {
  await everywhere({ forcedColors: 'active', viewport: { width: 1280, height: 900 } }, async (page, path) => {
    const lost = await page.evaluate(() => {
      // A canvas turns every way of writing a colour into red, green and blue.
      const canvas = document.createElement('canvas').getContext('2d');
      const colour = (element) => {
        canvas.fillStyle = getComputedStyle(element).backgroundColor;
        canvas.fillRect(0, 0, 1, 1);
        return canvas.getImageData(0, 0, 1, 1).data.join();
      };
      const ground = colour(document.body);
      const seen = (element) => element.getClientRects().length > 0;
      const icons = [...document.querySelectorAll('.kern-icon')].filter((one) => seen(one) && colour(one) === ground && getComputedStyle(one).maskImage !== 'none');
      const fields = [...document.querySelectorAll('input:not([type=hidden], [type=checkbox], [type=radio], [type=range], [type=file]), textarea, .kern-form-input__select-wrapper, .kern-btn:not(.kern-btn--tertiary)')].filter(
        (one) => seen(one) && ['Top', 'Bottom'].every((side) => getComputedStyle(one)[`border${side}Style`] === 'none' || getComputedStyle(one)[`border${side}Width`] === '0px') && getComputedStyle(one).outlineStyle === 'none',
      );
      return [...icons, ...fields].map((one) => one.outerHTML.slice(0, 80));
    });
    assert.deepEqual(lost, [], path);
  });
});

test('on paper every page keeps its words and leaves navigation and buttons out', async () => {
  await everywhere({ viewport: { width: 1000, height: 900 } }, async (page, path) => {
    await page.emulateMedia({ media: 'print' });
    const seen = await page.evaluate(() => {
      const visible = (selector) => [...document.querySelectorAll(selector)].some((one) => one.getClientRects().length > 0);
      return { heading: visible('h1'), address: visible('.print-only'), controls: ['.service-nav', '.main-nav', '.header-search', '.site-footer nav', '.actions button'].filter(visible) };
    });
    assert.deepEqual(seen, { heading: true, address: !isBare(path), controls: [] }, path);
    await page.emulateMedia({ media: 'screen' });
  });
});

test('forced colours keep icons and lines', async () => {
  const { page, context } = await open(browser, base, { forcedColors: 'active', viewport: { width: 1280, height: 900 } });
  await page.goto(picture);
  const colours = await page.evaluate(() => {
    const ground = getComputedStyle(document.body).backgroundColor;
    const of = (selector, property) => getComputedStyle(document.querySelector(selector))[property];
    return { ground, icon: of('.badges .kern-icon', 'backgroundColor'), line: of('svg.chart .line', 'stroke') };
  });
  assert.notEqual(colours.icon, colours.ground);
  assert.notEqual(colours.line, colours.ground);
  await context.close();
});

test('print keeps pictures, tables and sources, and leaves navigation out', async () => {
  const { page, context } = await open(browser, base, { viewport: { width: 1000, height: 900 } });
  await page.goto(picture);
  await page.emulateMedia({ media: 'print' });
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  const seen = async (selector) => page.locator(selector).first().isVisible();
  for (const selector of ['svg.chart--wide', 'svg.map', '.attribution', 'details table', '.print-only']) assert.ok(await seen(selector), selector);
  for (const selector of ['.service-nav', '.main-nav', '.reader', '.actions', '.site-footer nav']) assert.ok(!(await seen(selector)), selector);
  const paper = await page.pdf({ format: 'A4' });
  assert.ok(paper.length > 20_000);
  await context.close();
});

test('nothing moves for those who asked for less motion', async () => {
  const { page, context } = await open(browser, base, { reducedMotion: 'reduce' });
  await page.goto(picture);
  const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((element) => parseFloat(getComputedStyle(element).transitionDuration) > 0.01).length);
  assert.equal(moving, 0);
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).scrollBehavior), 'auto');
  await context.close();
});

/** Relative luminance (WCAG 2.2) of `rgb(…)`. */
function luminance([r, g, b]) {
  const linear = (part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

for (const colorScheme of ['light', 'dark']) {
  test(`lines and letters of pictures stand out, ${colorScheme}`, async () => {
    const { page, context } = await open(browser, base, { colorScheme });
    await page.goto(picture);
    const colours = await page.evaluate(() => {
      // A canvas turns every way of writing a colour into red, green and blue.
      const canvas = document.createElement('canvas').getContext('2d');
      const style = getComputedStyle(document.documentElement);
      const names = ['--chart-text', '--map-text', '--map-ground', '--chart-zero', ...[0, 1, 2, 3, 4, 5].map((n) => `--series-${n}`)];
      const read = (value) => {
        canvas.fillStyle = value;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
      };
      const found = Object.fromEntries(names.map((name) => [name, read(style.getPropertyValue(name))]));
      return { ...found, ground: read(getComputedStyle(document.body).backgroundColor) };
    });
    assert.ok(contrast(colours['--chart-text'], colours.ground) >= 4.5);
    assert.ok(contrast(colours['--map-text'], colours['--map-ground']) >= 4.5);
    for (let n = 0; n < 6; n++) assert.ok(contrast(colours[`--series-${n}`], colours.ground) >= 3, `--series-${n}`);
    assert.ok(contrast(colours['--series-0'], colours['--map-ground']) >= 3, 'points on the map');
    assert.ok(contrast(colours['--chart-zero'], colours.ground) >= 3);
    await context.close();
  });
}
