// Builds styles, islands and fonts into dist/ and writes manifest.json.
//
// Every file carries a hash of its content in its name, so that the server may
// call it immutable; text files lie beside it in brotli and gzip, so that no
// request pays for compression. A draft of the folder is written first and then
// takes its place: a build that fails leaves the old one as it was.
import { build } from 'esbuild';
import * as sass from 'sass';
import { transform } from 'lightningcss';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

const here = import.meta.dirname;
const target = path.join(here, 'dist');
const modules = path.join(here, 'node_modules');
const draft = path.join(modules, '.dist');
const manifest = {};

fs.rmSync(draft, { recursive: true, force: true });
fs.mkdirSync(draft);

/** Writes a file under a name with its hash and notes it under `key`. */
function put(key, content) {
  const { name, ext } = path.parse(key);
  const hash = crypto.createHash('sha256').update(content).digest('hex').slice(0, 10);
  const file = `${name}-${hash}${ext}`;
  fs.writeFileSync(path.join(draft, file), content);
  manifest[key] = file;
  return file;
}

function fonts() {
  for (const weight of [400, 600]) {
    const file = path.join(modules, `@fontsource/fira-sans/files/fira-sans-latin-${weight}-normal.woff2`);
    put(`fira-${weight}.woff2`, fs.readFileSync(file));
  }
  put('fira-licence.txt', fs.readFileSync(path.join(modules, '@fontsource/fira-sans/LICENSE')));
}

function styles() {
  // No PurgeCSS: it drops KERN's tokens behind `:not([class*="kern-level-"])`
  // and leaves the dark scheme unreadable. The parts are chosen in app.scss.
  const { css } = sass.compile(path.join(here, 'src/app.scss'), {
    loadPaths: [modules],
    quietDeps: true,
    logger: sass.Logger.silent,
  });
  const named = css.replaceAll(/fira-(400|600)\.woff2/g, (file) => manifest[file]);
  const version = (major, minor = 0) => (major << 16) | (minor << 8);
  const { code } = transform({
    filename: 'app.css',
    code: Buffer.from(named),
    minify: true,
    targets: { chrome: version(111), firefox: version(113), safari: version(16, 4) },
  });
  put('app.css', code);
}

async function islands() {
  const { outputFiles } = await build({
    entryPoints: ['theme', 'page', 'chart', 'try', 'live'].map((name) => path.join(here, `src/${name}.ts`)),
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome111', 'firefox113', 'safari16.4'],
    outdir: draft,
    write: false,
    logLevel: 'error',
  });
  for (const file of outputFiles) put(path.basename(file.path), file.contents);
}

function compress() {
  const rows = [];
  for (const file of fs.readdirSync(draft)) {
    const raw = fs.readFileSync(path.join(draft, file));
    const row = { file, raw: raw.length };
    if (/\.(js|css|svg|txt)$/.test(file)) {
      const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 11, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: raw.length };
      const br = zlib.brotliCompressSync(raw, { params });
      const gz = zlib.gzipSync(raw, { level: 9 });
      fs.writeFileSync(path.join(draft, `${file}.br`), br);
      fs.writeFileSync(path.join(draft, `${file}.gz`), gz);
      Object.assign(row, { gz: gz.length, br: br.length });
    }
    rows.push(row);
  }
  return rows;
}

fonts();
put('logo.svg', fs.readFileSync(path.join(here, 'src/logo.svg')));
styles();
await islands();
const sizes = compress();
fs.writeFileSync(path.join(draft, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
fs.rmSync(target, { recursive: true, force: true });
fs.renameSync(draft, target);
console.table(sizes);
