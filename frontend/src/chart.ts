// Lets a chart be read value by value: a real slider for keyboard, finger and
// screen reader, and the pointer over the picture, all saying the same text.

interface Readings {
  /** Minutes since 1970-01-01 UTC: the first absolute, the others as distance from the one before. */
  at: number[];
  /** What one value stands for. */
  step: 'hour' | 'day' | 'week' | 'month' | 'year' | 'instant';
  series: { name: string; values: (number | null)[] }[];
  unit: string;
  digits: number;
  zone: string;
  locale: string;
  /** Words from the message file. */
  missing: string;
  week: string;
}

const DATES: Record<Readings['step'], Intl.DateTimeFormatOptions> = {
  instant: { dateStyle: 'long', timeStyle: 'short' },
  hour: { dateStyle: 'long', timeStyle: 'short' },
  day: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
  week: { day: 'numeric', month: 'long', year: 'numeric' },
  month: { month: 'long', year: 'numeric' },
  year: { year: 'numeric' },
};

function absolute(distances: number[]): number[] {
  let sum = 0;
  return distances.map((distance) => (sum += distance));
}

/** The four numbers of `data-plot`: left, top, width, height in the picture's units. */
function plot(svg: SVGSVGElement): [number, number, number, number] {
  const [left = 0, top = 0, width = 1, height = 1] = (svg.dataset.plot ?? '').split(' ').map(Number);
  return [left, top, width, height];
}

function start(figure: HTMLElement) {
  const readings = JSON.parse(figure.dataset.readings ?? '') as Readings;
  const times = absolute(readings.at);
  const pictures = [...figure.querySelectorAll<SVGSVGElement>('svg.chart')];
  const control = figure.querySelector<HTMLElement>('.reader');
  const slider = control?.querySelector('input');
  const output = control?.querySelector('output');
  if (!control || !slider || !output || times.length < 2) return;

  const dates = new Intl.DateTimeFormat(readings.locale, { ...DATES[readings.step], timeZone: readings.zone });
  const numbers = new Intl.NumberFormat(readings.locale, {
    minimumFractionDigits: readings.digits,
    maximumFractionDigits: readings.digits,
  });
  const first = times[0] ?? 0;
  const span = (times.at(-1) ?? 0) - first || 1;

  const value = (v: number | null | undefined) =>
    v === null || v === undefined
      ? readings.missing
      : numbers.format(v).replace('-', '\u2212') + (readings.unit && `\u202f${readings.unit}`);
  const text = (index: number) => {
    const date = dates.format((times[index] ?? 0) * 60_000);
    const when = readings.step === 'week' ? readings.week.replace('{date}', date) : date;
    const values = readings.series.map((one) => {
      const said = value(one.values[index]);
      return readings.series.length > 1 ? `${one.name} ${said}` : said;
    });
    return `${when}: ${values.join(', ')}`;
  };

  // From the value that is read back to its source, one way per series.
  const ways = JSON.parse(figure.dataset.traces ?? '[]') as string[];
  const line = control.querySelector<HTMLElement>('.reader__ways');
  const question = figure.dataset.trace ?? '';
  if (ways.length > 1) line?.append(question);
  const links = ways.map((way, n) => {
    const link = document.createElement('a');
    const name = readings.series[n]?.name ?? '';
    link.className = 'kern-link';
    link.textContent = ways.length > 1 ? name : question;
    if (ways.length > 1) link.setAttribute('aria-label', `${question} ${name}`);
    line?.append(link);
    return { link, way };
  });
  const trace = (index: number) => {
    const begin = new Date((times[index] ?? 0) * 60_000).toISOString();
    links.forEach(({ link, way }, n) => {
      link.hidden = typeof readings.series[n]?.values[index] !== 'number';
      link.href = `${way}&ab=${begin}&schritt=${readings.step}`;
    });
  };
  if (line) line.hidden = ways.length === 0;

  const show = (index: number) => {
    for (const picture of pictures) {
      const [left, , width] = plot(picture);
      const x = String(left + (((times[index] ?? 0) - first) / span) * width);
      const cursor = picture.querySelector('.cursor');
      cursor?.setAttribute('x1', x);
      cursor?.setAttribute('x2', x);
      cursor?.removeAttribute('hidden');
    }
    const said = text(index);
    slider.value = String(index);
    slider.setAttribute('aria-valuetext', said);
    output.textContent = said;
    trace(index);
  };

  const nearest = (time: number) => {
    let best = 0;
    for (let i = 1; i < times.length; i++) {
      if (Math.abs((times[i] ?? 0) - time) < Math.abs((times[best] ?? 0) - time)) best = i;
    }
    return best;
  };
  for (const picture of pictures) {
    const move = (event: PointerEvent) => {
      const box = picture.getBoundingClientRect();
      const [left, , width] = plot(picture);
      const x = ((event.clientX - box.left) / box.width) * picture.viewBox.baseVal.width;
      show(nearest(first + ((x - left) / width) * span));
    };
    picture.addEventListener('pointermove', move);
    picture.addEventListener('pointerdown', move);
  }

  slider.max = String(times.length - 1);
  slider.addEventListener('input', () => show(Number(slider.value)));
  control.hidden = false;
  show(times.length - 1);
  figure.dataset.ready = '';
}

for (const figure of document.querySelectorAll<HTMLElement>('[data-readings]')) start(figure);
export {};
