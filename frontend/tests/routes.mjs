// Every page there is, taken from the router: a new route without an example
// here fails the tests, so that no page is forgotten.
import fs from 'node:fs';
import path from 'node:path';

const PORTAL = path.join(import.meta.dirname, '../../crates/portal');

/** Files below a folder. */
const files = (folder) => fs.readdirSync(folder, { withFileTypes: true, recursive: true }).filter((one) => one.isFile()).map((one) => path.join(one.parentPath, one.name));

/** The names of the pages of text. */
export const texts = fs.readdirSync(path.join(PORTAL, 'locales/pages')).filter((file) => file.endsWith('.de.md')).map((file) => file.replace('.de.md', ''));

/** The patterns that answer GET, in the order of the router. */
function patterns() {
  const routes = files(path.join(PORTAL, 'src'))
    .filter((file) => file.endsWith('.rs') && !/\btests?\b/.test(path.relative(PORTAL, file)))
    .flatMap((file) => fs.readFileSync(file, 'utf8').split('.route(').slice(1))
    .map((text) => [/^\s*"([^"]+)"\s*,/.exec(text)?.[1], /\bget\(/.test(text.split(';')[0])])
    .filter(([pattern, answers]) => pattern && answers)
    .map(([pattern]) => pattern);
  return [...new Set([...routes.filter((pattern) => !/^\/en\/?$/.test(pattern)), ...texts.map((name) => `/${name}`)])];
}

/** What answers programs, or sends on: no page to look at. */
const isForPrograms = (pattern) => pattern.includes('*') || /\.[a-z]+$/.test(pattern) || pattern.startsWith('/static/') || pattern.startsWith('/id/') || pattern.startsWith('/api/');

/**
 * The patterns of pages with addresses to look at: below `/verwaltung` and elsewhere.
 * `examples` has a list of addresses for each pattern that is none itself.
 */
export function pages(examples) {
  const all = patterns().filter((pattern) => !isForPrograms(pattern));
  const missing = all.filter((pattern) => !(pattern in examples) && pattern.includes('{'));
  const gone = Object.keys(examples).filter((pattern) => !all.includes(pattern));
  if (missing.length > 0) throw new Error(`pages without an example in site.mjs: ${missing.join(' ')}`);
  if (gone.length > 0) throw new Error(`examples in site.mjs of pages that are gone: ${gone.join(' ')}`);
  const isPublic = (pattern) => !pattern.startsWith('/verwaltung') || pattern === '/verwaltung/anmelden';
  const routes = all.map((pattern) => [pattern, examples[pattern] ?? [pattern]]);
  return { public: routes.filter(([pattern]) => isPublic(pattern)), administration: routes.filter(([pattern]) => !isPublic(pattern)) };
}
