// Every page in every view: axe without violations, nothing wider than the
// window, one first heading, a title of its own, nothing from foreign hosts.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, open, unfold, violationsOf } from './browser.mjs';
import { adminPages, base, documents, isOurs, logIn, publicPages, settle } from './site.mjs';

const VIEWS = [
  ['desktop', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }],
  ['desktop, dark', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }],
  ['phone', { viewport: { width: 390, height: 844 }, colorScheme: 'light' }],
  ['320 px, dark', { viewport: { width: 320, height: 700 }, colorScheme: 'dark' }],
];

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** What is wrong with the page as it stands. */
async function faultsOf(page, language) {
  await unfold(page);
  const found = await violationsOf(page);
  const facts = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth - innerWidth,
    headings: document.querySelectorAll('h1').length,
    lang: document.documentElement.lang,
    title: document.title,
    burst: [...document.querySelectorAll('.kern-btn')]
      .filter((button) => button.checkVisibility())
      .filter((button) => {
        const [outer, inner] = [button, button.querySelector('.kern-label') ?? button].map((one) => one.getBoundingClientRect());
        return inner.left < outer.left - 1 || inner.right > outer.right + 1;
      })
      .map((button) => button.textContent.trim()),
  }));
  if (facts.wide > 0) found.push(`${facts.wide} px wider than the window`);
  found.push(...facts.burst.map((words) => `the button „${words}“ has no room for its words`));
  if (facts.headings !== 1) found.push(`${facts.headings} first headings`);
  if (facts.lang !== language) found.push(`lang is ${facts.lang}`);
  if (facts.title === 'taken') found.push('a text of the data ran as script');
  return { found, title: facts.title };
}

for (const [view, options] of VIEWS) {
  for (const language of view === 'desktop' ? ['de', 'en'] : ['de']) {
    describe(`${view}, ${language}`, () => {
      const titles = new Map();
      let opened;
      before(async () => (opened = await open(browser, base, options)));
      after(() => opened.context.close());
      // Pages of text differ in their words alone: two views of them are enough.
      const isTold = view === 'desktop' || view.startsWith('320');
      for (const path of publicPages.filter((one) => isTold || !documents.includes(one))) {
        test(path, async () => {
          opened.faults.length = 0;
          await opened.page.goto((language === 'en' ? '/en' : '') + path);
          const { found, title } = await faultsOf(opened.page, language);
          assert.deepEqual([...found, ...opened.faults], []);
          assert.equal(titles.get(title) ?? path.split('?')[0], path.split('?')[0], `the title „${title}“ is taken`);
          titles.set(title, path.split('?')[0]);
        });
      }
    });
  }
}

for (const [view, options, language] of [...VIEWS.map((one) => [...one, 'de']), [...VIEWS[0], 'en']]) {
  describe(`administration, ${view}, ${language}`, { skip: !isOurs }, () => {
    let opened;
    before(async () => {
      opened = await open(browser, base, options);
      await logIn(opened.page);
    });
    after(() => opened.context.close());
    for (const path of adminPages) {
      test(path, async () => {
        const address = await settle(opened.page, path);
        opened.faults.length = 0;
        await opened.page.goto((language === 'en' ? '/en' : '') + address);
        const { found } = await faultsOf(opened.page, language);
        assert.deepEqual([...found, ...opened.faults], []);
      });
    }
    test('a definition with faults', async () => {
      await opened.page.goto('/verwaltung/quellen/luft');
      await opened.page.fill('#text', '[source]\nname = "luft"\nversoin = 1\n');
      await Promise.all([opened.page.waitForNavigation(), opened.page.click('button[value=speichern]')]);
      const { found } = await faultsOf(opened.page, 'de');
      assert.deepEqual(found, []);
    });
    test('a tile with faults', async () => {
      opened.faults.length = 0;
      await opened.page.goto('/verwaltung/dashboards/heute/kachel/luft');
      await opened.page.fill('#stufe1-bis', 'viel');
      await Promise.all([opened.page.waitForNavigation(), opened.page.click('button[value=speichern]')]);
      const { found } = await faultsOf(opened.page, 'de');
      assert.deepEqual([...found, ...opened.faults], []);
    });
  });
}
