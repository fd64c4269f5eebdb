// Live tiles: new answers come over server-sent events and take the place of
// those the server drew. They can be stopped (WCAG 2.2.2); what changed in
// words is told to screen readers, politely and not too often. Without this
// script or a connection the answers of the server stay.

/** How often a change is spoken, in milliseconds. */
const SPOKEN_EVERY = 20_000;
/** How soon after a refusal the stream is asked for again, in milliseconds. */
const AGAIN_AFTER = 30_000;

interface State {
  now: string;
  tiles: { id: string; html: string; say: string }[];
}

type Standing = 'on' | 'lost' | 'paused';

function start(line: HTMLElement, address: string) {
  const text = line.querySelector<HTMLElement>('.live__text');
  const button = line.querySelector<HTMLButtonElement>('.live__button');
  const label = button?.querySelector<HTMLElement>('.kern-label');
  const region = document.getElementById('status');
  if (!text || !button || !label) return;
  let source: EventSource | undefined;
  let again: number | undefined;
  let isPaused = false;
  let spokenAt = 0;

  const stand = (standing: Standing) => {
    if (line.dataset.state === standing) return;
    const before = line.dataset.state;
    line.dataset.state = standing;
    const words = line.dataset[standing] ?? '';
    text.textContent = words;
    // That values come is what everybody expects; the rest is worth saying.
    if (region && (standing !== 'on' || before)) region.textContent = words;
  };

  const show = ({ now, tiles }: State) => {
    const changed: string[] = [];
    for (const { id, html, say } of tiles) {
      const answer = document.querySelector<HTMLElement>(`[data-tile="${CSS.escape(id)}"] [data-answer]`);
      if (!answer) continue;
      // Nothing in an answer takes the focus, so it may be replaced as a whole.
      const parsed = new DOMParser().parseFromString(html, 'text/html');
      answer.replaceChildren(...parsed.body.childNodes);
      if (say && answer.dataset.say !== say) changed.push(say);
      answer.dataset.say = say;
    }
    for (const place of document.querySelectorAll('[data-now]')) place.textContent = now;
    if (region && changed.length > 0 && Date.now() - spokenAt >= SPOKEN_EVERY) {
      spokenAt = Date.now();
      region.textContent = changed.join('. ');
    }
  };

  const close = () => {
    clearTimeout(again);
    source?.close();
    source = undefined;
  };
  const open = () => {
    close();
    const stream = new EventSource(address);
    source = stream;
    stream.addEventListener('tiles', (event) => {
      show(JSON.parse(event.data as string) as State);
      stand('on');
    });
    stream.addEventListener('error', () => {
      stand('lost');
      // After a refusal the browser does not come again by itself.
      if (stream.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN_AFTER);
    });
  };

  const follow = () => {
    if (isPaused || document.hidden) close();
    else if (!source) open();
  };
  button.addEventListener('click', () => {
    isPaused = !isPaused;
    label.textContent = (isPaused ? line.dataset.resume : line.dataset.pause) ?? '';
    if (isPaused) stand('paused');
    follow();
  });
  document.addEventListener('visibilitychange', follow);
  addEventListener('pagehide', close);
  addEventListener('pageshow', follow);
  button.hidden = false;
  follow();
}

for (const line of document.querySelectorAll<HTMLElement>('[data-live]')) {
  if (line.dataset.live) start(line, line.dataset.live);
}
export {};
