// A small city for the browser: three sources with invented data, made anew
// for each run, fed through the program's own command line.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A text that must never become markup, with a word that no line can break. */
export const HOSTILE = `"'><script>document.title='taken'</script><img src=x onerror="document.title='taken'"> ${'Donaudampfschiff'.repeat(18)}`;

const DATASET = (slug, title, extra = '') => `
[dataset]
slug = "${slug}"
title = { de = ${JSON.stringify(title)} }
summary = { de = "Zwei Stationen messen die Luft. Die Zahlen sind erfunden.", en = "Two stations measure the air. The numbers are invented." }
description = { de = "Erfundene Werte." }
publisher = { name = "Amt für Umwelt" }
licence = "dl-by-de/2.0"
provenance = { de = "Erfunden für die Prüfung der Seiten." }
themes = ["ENVI"]
keywords = ["Luft", "Prüfung"]
frequency = "HOURLY"
published = true
${extra}`;

const AIR = `
[source]
name = "luft"
version = 1
title = { de = "Luft" }
transport = "folder"
path = "luft"
glob = "*.csv"

[format]
kind = "csv"
encoding = "utf-8"
delimiter = ";"
missing = ["-"]
decimal = ","

[time]
fields = ["zeit"]
patterns = ["DD.MM.YYYY hh:mm"]
zone = "Europe/Berlin"
interval = "PT1H"
label = "start"
repeated_hour = "first"

[entity]
type = "AirQualityObserved"
id = "urn:ngsi-ld:AirQualityObserved:{station}"

[[attribute]]
name = "name"
field = "name"
observed = false
column = { label = { de = "Station", en = "Station" }, class = "open" }

[[attribute]]
name = "location"
kind = "GeoProperty"
x = "lon"
y = "lat"
observed = false
column = { label = { de = "Lage", en = "Place" }, class = "open" }

[[attribute]]
name = "no2"
field = "no2"
as = "number"
unit = "µg/m³"
quality = { min = 0, max = 200 }

[attribute.column]
label = { de = "Stickstoffdioxid", en = "Nitrogen dioxide" }
class = "open"

[[attribute]]
name = "o3"
field = "o3"
as = "number"
unit = "µg/m³"

[attribute.column]
label = { de = "Ozon", en = "Ozone" }
class = "open"
${DATASET('luft', 'Luft in der Prüfstadt')}`;

const TOWNS = `
[source]
name = "orte"
version = 1
title = { de = "Orte" }
transport = "file"
path = "orte.geojson"

[format]
kind = "geojson"

[terms]
Municipality = "https://allmende.eu/def/Municipality"
population = "https://allmende.eu/def/population"
boundary = "https://allmende.eu/def/boundary"

[entity]
type = "Municipality"
id = "urn:ngsi-ld:Municipality:{key}"

[[attribute]]
name = "name"
field = "name"
column = { label = { de = "Name", en = "Name" }, class = "open" }

[[attribute]]
name = "population"
field = "population"
as = "number"
column = { label = { de = "Einwohner", en = "Inhabitants" }, class = "open" }

[[attribute]]
name = "boundary"
kind = "GeoProperty"
column = { label = { de = "Grenze", en = "Boundary" }, class = "open" }
${DATASET('orte', HOSTILE)}`;

/** What the tests of dashboards send while they run. */
const NOW = `
[source]
name = "jetzt"
version = 1
title = { de = "Jetzt" }
transport = "push"

[format]
kind = "json"

[time]
fields = ["zeit"]
patterns = ["YYYY-MM-DDThh:mm:ss.fZZ"]
zone = "in-value"

[entity]
type = "AirQualityObserved"
id = "urn:ngsi-ld:AirQualityObserved:jetzt-{station}"

[[attribute]]
name = "name"
field = "station"
observed = false
column = { label = { de = "Station" }, class = "open" }

[[attribute]]
name = "no2"
field = "no2"
as = "number"
unit = "µg/m³"
column = { label = { de = "Stickstoffdioxid" }, class = "open" }
${DATASET('jetzt', 'Messwerte von jetzt', 'id_prefix = "urn:ngsi-ld:AirQualityObserved:jetzt-"').replace('"Luft", ', '').replace('messen die Luft', 'melden sich')}`;

const DASHBOARD = `
[dashboard]
slug = "heute"
title = { de = "Prüfstadt heute", en = "Test town today" }
summary = { de = "Zwei Fragen an die Stadt." }
notice = { de = "Die Zahlen sind erfunden." }
published = true

[[tile]]
id = "luft"
question = { de = "Ist die Luft gut?", en = "Is the air good?" }
dataset = "jetzt"
attribute = "no2"
take = "highest"
decimals = 0
stale_after = "1h"
sentence = { de = "Gemessen bei {place}." }
level = [{ upto = 40, tone = "success", text = { de = "Ja", en = "Yes" } }, { tone = "warning", text = { de = "Nein", en = "No" } }]

[tile.threshold]
text = { de = "Erlaubt sind 200 µg/m³." }
source = "39. BImSchV"
url = "https://www.gesetze-im-internet.de/bimschv_39/"

[[tile]]
id = "leute"
question = { de = "Wo wohnen die meisten Leute?" }
dataset = "orte"
attribute = "population"
take = "highest"
stale_after = "1h"
list = 6
sentence = { de = "{value} wohnen in {place}." }
`;

/** Forty days of hours at two stations, a gap, one odd value and two unusable lines. */
function air() {
  const lines = ['station;name;lon;lat;zeit;no2;o3'];
  for (const [key, name, lon] of [['nord', 'Station Nord', '8,65'], ['sued', 'Station Süd', '8,67']]) {
    for (let hour = 0; hour < 960; hour++) {
      const at = new Date(Date.UTC(2026, 4, 1, hour));
      const two = (number) => String(number).padStart(2, '0');
      const time = `${two(at.getUTCDate())}.${two(at.getUTCMonth() + 1)}.2026 ${two(at.getUTCHours())}:00`;
      let no2 = (20 + 12 * Math.sin(hour / 20) + (key === 'nord' ? 6 : 0)).toFixed(1).replace('.', ',');
      if (hour > 300 && hour < 360) no2 = '-';
      if (hour === 500) no2 = '999';
      if (hour === 700) no2 = 'k. A.';
      const o3 = (60 + 20 * Math.cos(hour / 24)).toFixed(0);
      lines.push([key, name, lon, '49,87', time, no2, o3].join(';'));
    }
  }
  return `${lines.join('\n')}\n`;
}

function towns() {
  const square = (x, y) => [[[x, y], [x + 0.1, y], [x + 0.1, y + 0.1], [x, y + 0.1], [x, y]]];
  const features = ['Aue', 'Bach', 'Dorf', 'Eiche', 'Furt', HOSTILE].map((name, n) => ({
    type: 'Feature',
    properties: { key: `ort-${n}`, name, population: 900 * (n + 1) ** 2 },
    geometry: { type: 'Polygon', coordinates: square(8 + (n % 3) / 10, 50 + Math.floor(n / 3) / 10) },
  }));
  return JSON.stringify({ type: 'FeatureCollection', features });
}

/** Reports an error in a value as anybody may; answers the key of the report. */
async function report(url) {
  const value = { datensatz: 'luft', id: 'AirQualityObserved:nord', spalte: 'no2' };
  const body = new URLSearchParams({ ...value, meldung: HOSTILE, email: 'erika@beispiel.example' });
  const answer = await fetch(`${url}/fehler-melden`, { method: 'POST', body, redirect: 'manual' });
  const key = /\/meldungen\/([0-9a-f]+)/.exec(answer.headers.get('location') ?? '')?.[1];
  if (!key) throw new Error(`the report was not taken: ${answer.status} ${await answer.text()}`);
  return key;
}

/** Makes the city and serves it; answers its address, the one-time code, a token and how to stop it. */
export async function serve(program) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'allmende-seiten-'));
  const data = path.join(folder, 'data');
  const inbox = path.join(data, 'eingang');
  const child = spawn(program, ['serve', '--data', data, '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let log = '';
  child.stdout.on('data', (piece) => (out += piece));
  child.stderr.on('data', (piece) => (log += piece));
  const stop = async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await new Promise((done) => child.once('exit', done));
    }
    fs.rmSync(folder, { recursive: true, force: true });
    return log;
  };
  const found = async (pattern) => {
    while (!pattern.test(out)) {
      if (child.exitCode !== null) throw new Error(`the program ended before it served:\n${out}${log}`);
      await pause(50);
    }
    return pattern.exec(out)[1];
  };
  try {
    const url = (await found(/Allmende läuft: (\S+)\/\s/)).replace(/\/$/, '');
    const code = await found(/Einmal-Code: (\S+)/);
    fs.mkdirSync(path.join(inbox, 'luft'), { recursive: true });
    fs.writeFileSync(path.join(inbox, 'luft', 'mai.csv'), air());
    fs.writeFileSync(path.join(inbox, 'orte.geojson'), towns());
    for (const [name, definition] of [['luft', AIR], ['orte', TOWNS]]) {
      const file = path.join(folder, `${name}.toml`);
      fs.writeFileSync(file, definition);
      for (const command of [['put', file], ['run', name]]) {
        execFileSync(program, ['source', ...command, '--data', data], { stdio: ['ignore', 'ignore', 'inherit'] });
      }
    }
    fs.writeFileSync(path.join(folder, 'jetzt.toml'), NOW);
    execFileSync(program, ['source', 'put', path.join(folder, 'jetzt.toml'), '--data', data], { stdio: ['ignore', 'ignore', 'inherit'] });
    fs.writeFileSync(path.join(folder, 'heute.toml'), DASHBOARD);
    execFileSync(program, ['dashboard', 'put', path.join(folder, 'heute.toml'), '--data', data], { stdio: ['ignore', 'ignore', 'inherit'] });
    const token = execFileSync(program, ['token', 'create', '--role', 'editor', '--data', data], { encoding: 'utf8' }).trim();
    return { url, code, token, report: await report(url), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
