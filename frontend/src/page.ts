// Small helps on every page: light or dark, copying, sending a filter at once.
// Each button starts hidden and is shown here, so that none is dead without JavaScript.

const root = document.documentElement;

/** Says a text to screen readers through the page's one status region. */
function announce(text: string) {
  const region = document.getElementById('status');
  if (region) region.textContent = text;
}

function currentScheme(): 'light' | 'dark' {
  const chosen = root.dataset.kernTheme;
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

const schemeButton = document.getElementById('scheme');
if (schemeButton) {
  schemeButton.hidden = false;
  schemeButton.addEventListener('click', () => {
    const next = currentScheme() === 'dark' ? 'light' : 'dark';
    root.dataset.kernTheme = next;
    announce(schemeButton.dataset[next] ?? '');
    try {
      localStorage.setItem('scheme', next);
    } catch {
      // The choice then holds for this page only.
    }
  });
}

async function copy(button: HTMLButtonElement, code: HTMLElement) {
  try {
    await navigator.clipboard.writeText(code.textContent ?? '');
    announce(button.dataset.done ?? '');
  } catch {
    // No right to the clipboard: select it, so that the keyboard can copy.
    getSelection()?.selectAllChildren(code);
    announce(button.dataset.failed ?? '');
  }
}

/** Shows the buttons that copy, also those that were drawn later. */
function offerCopies() {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-copy][hidden]')) {
    const code = document.getElementById(button.dataset.copy ?? '');
    if (!code) continue;
    button.hidden = false;
    button.addEventListener('click', () => copy(button, code));
  }
}
offerCopies();
document.addEventListener('allmende:drawn', offerCopies);

// After a failed form the server marks the error summary: focus goes there.
document.querySelector<HTMLElement>('[data-focus]')?.focus();

// A file that is too large is refused before it is sent.
for (const input of document.querySelectorAll<HTMLInputElement>('input[data-max]')) {
  input.addEventListener('change', () => {
    const isTooLarge = (input.files?.[0]?.size ?? 0) > Number(input.dataset.max);
    const fault = isTooLarge ? (input.dataset.tooLarge ?? '') : '';
    const line = document.getElementById(`${input.id}-fault`);
    const words = line?.querySelector('.kern-body');
    if (line && words) [line.hidden, words.textContent] = [!isTooLarge, fault];
    input.setCustomValidity(fault);
    input.setAttribute('aria-invalid', String(isTooLarge));
  });
}

// Closed parts are opened for print, where nobody can click, and closed again.
const opened: HTMLDetailsElement[] = [];
addEventListener('beforeprint', () => {
  for (const part of document.querySelectorAll<HTMLDetailsElement>('main details:not([open])')) {
    part.open = true;
    opened.push(part);
  }
});
addEventListener('afterprint', () => {
  for (const part of opened.splice(0)) part.open = false;
});
export {};
