// The browser of the tests: Debian's Chromium with a fresh profile, and pages
// that note what must not happen: foreign hosts, violations of the content
// policy, errors in the console.
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const SWITCHES = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the browser. `ALLMENDE_CHROMIUM` names another program than Debian's. */
export async function launch() {
  const args = process.getuid?.() === 0 ? [...SWITCHES, '--no-sandbox'] : SWITCHES;
  return chromium.launch({ executablePath: process.env.ALLMENDE_CHROMIUM ?? '/usr/bin/chromium', headless: true, args });
}

/** A page of its own context, with a list of what went wrong on it. */
export async function open(browser, base, options = {}) {
  const context = await browser.newContext({ baseURL: base, locale: 'de-DE', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const faults = [];
  const host = new URL(base).host;
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['data:', 'blob:'].includes(url.protocol) && url.host !== host) faults.push(`foreign host: ${request.url()}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('status of')) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  return { context, page, faults };
}

/** Opens every part that can be folded. */
export async function unfold(page) {
  await page.evaluate(() => document.querySelectorAll('details').forEach((part) => (part.open = true)));
}

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * What axe objects to, a line each. Our pages have no frames, so axe may judge in the page itself: bringing the
 * results of frames together in a page of its own takes as long again.
 */
export async function violationsOf(page) {
  if (page.frames().length > 1) throw new Error(`${page.url()} has frames, which axe would not look into`);
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).setLegacyMode().analyze();
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(' | ')}`);
}
