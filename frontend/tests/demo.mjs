// The demo as a stranger starts it. It is made once and copied for each
// scenario, so that each begins in the same known state.
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const call = promisify(execFile);

/** Makes the demo; `copy` starts one in its first state, `remove` takes everything away. */
export async function demo(program) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'allmende-szenarien-'));
  const first = path.join(folder, 'erstes');
  const made = await start(program, ['demo', '--still'], first);
  await made.stop();
  let number = 0;
  return {
    copy: async (...flags) => {
      number += 1;
      const data = path.join(folder, `kopie-${number}`);
      fs.cpSync(first, data, { recursive: true });
      return start(program, ['demo', ...flags], data);
    },
    folder,
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}

/** Starts the program over a data directory and waits until it serves. */
export async function start(program, command, data) {
  const child = spawn(program, [...command, '--data', data, '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let log = '';
  child.stdout.on('data', (piece) => (out += piece));
  child.stderr.on('data', (piece) => (log += piece));
  const ended = new Promise((done) => child.once('exit', done));
  const found = async (pattern) => {
    while (!pattern.test(out)) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the program ended before it served:\n${out}${log}`);
      await pause(50);
    }
    return pattern.exec(out)[1];
  };
  const end = async (signal) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
    return log;
  };
  return {
    url: (await found(/Allmende läuft: (\S+)\/\s/)).replace(/\/$/, ''),
    /** The one-time code of the first account. */
    code: () => found(/Einmal-Code: (\S+)/),
    data,
    /** A command of the program over the same data; answers what it prints. */
    run: async (...words) => (await call(program, [...words, '--data', data], { maxBuffer: 64 << 20 })).stdout,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}
