// Sends the form of an interface without leaving the page: the server draws
// the same page with the answer, and its part with the answer takes the place
// of ours. Without script the form is sent as usual.

const form = document.querySelector<HTMLFormElement>('form[data-try]');

function announce(text: string) {
  const region = document.getElementById('status');
  if (region) region.textContent = text;
}

async function send(form: HTMLFormElement) {
  const query = new URLSearchParams([...new FormData(form)].map(([name, value]): [string, string] => [name, String(value)]));
  const address = `${location.pathname}?${query}`;
  const page = new DOMParser().parseFromString(await (await fetch(address)).text(), 'text/html');
  const answer = page.getElementById('antwort');
  const ours = document.getElementById('antwort');
  // A page of another kind says what is wrong with the request.
  if (!answer || !ours) {
    location.assign(address);
    return;
  }
  ours.replaceWith(document.adoptNode(answer));
  history.replaceState(null, '', `${address}#antwort`);
  document.dispatchEvent(new Event('allmende:drawn'));
  answer.focus({ preventScroll: true });
  announce(form.dataset.done ?? '');
}

form?.addEventListener('submit', (event) => {
  event.preventDefault();
  form.setAttribute('aria-busy', 'true');
  send(form)
    .catch(() => announce(form.dataset.failed ?? ''))
    .finally(() => form.removeAttribute('aria-busy'));
});
export {};
