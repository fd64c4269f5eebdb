// Runs the tests of the pages in a real browser against the real program:
//   ALLMENDE_BIN=…/allmende node frontend/tests/run.mjs [name of a test file …]
// ALLMENDE_URL names a server that runs already; tests that log in are then left out.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { serve } from './city.mjs';

const here = import.meta.dirname;
const wanted = process.argv.slice(2);
const files = fs
  .readdirSync(here)
  .filter((file) => file.endsWith('.test.mjs'))
  .filter((file) => wanted.length === 0 || wanted.some((name) => file.includes(name)))
  .sort()
  .map((file) => path.join(here, file));

const running = process.env.ALLMENDE_URL;
const city = running ? { url: running, code: '', stop: async () => '' } : await serve(process.env.ALLMENDE_BIN ?? 'allmende');
const env = { ...process.env, ALLMENDE_URL: city.url, ALLMENDE_CODE: city.code, ALLMENDE_REPORT: city.report ?? '', ALLMENDE_TOKEN: city.token ?? '' };
const tests = spawn(process.execPath, ['--test', '--test-concurrency=1', '--test-reporter=spec', ...files], { env, stdio: 'inherit' });
const code = await new Promise((done) => tests.once('exit', (status) => done(status ?? 1)));
const log = await city.stop();
// What the server says of a fault of its own fails the run, even when the page looked well.
const faults = log.split('\n').filter((line) => /\bERROR\b|panicked/.test(line));
if (faults.length > 0) console.error(`the server logged faults:\n${faults.join('\n')}`);
process.exit(code || (faults.length > 0 ? 1 : 0));
