// Runs before the first paint: sets the reader's choice of light or dark.
// Only the word `light` or `dark` is kept, and only in this browser.
try {
  const choice = localStorage.getItem('scheme');
  if (choice === 'light' || choice === 'dark') document.documentElement.dataset.kernTheme = choice;
} catch {
  // Storage may be switched off; then the system's setting holds.
}
export {};
