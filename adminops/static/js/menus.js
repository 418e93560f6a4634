// Menus (<details class="menu">) and dialogs (<dialog>).

/** Show a dialog; who fills it when it is wanted hears "opening" on it. */
export function show(dialog) {
  dialog.dispatchEvent(new Event('opening'));
  dialog.showModal();
}

const openMenus = () => [...document.querySelectorAll('details.menu[open]')];

document.addEventListener('click', (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector('summary').focus();
  }
});

document.addEventListener('click', (event) => {
  const opener = event.target.closest('[data-open]');
  const dialog = opener && document.getElementById(opener.dataset.open);
  if (dialog) {
    event.preventDefault();
    for (const menu of openMenus()) menu.open = false;
    show(dialog);
  }
  event.target.closest('[data-close]')?.closest('dialog')?.close();
  if (event.target.nodeName === 'DIALOG') event.target.close(); // the backdrop
});

// Ctrl+Enter (⌘ on a Mac) in a text of a dialog sends it: Enter alone begins a new line there.
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
  const dialog = event.target.matches('textarea') && event.target.closest('dialog[open]');
  const button = dialog && dialog.querySelector('button[type=submit]');
  if (!button) return;
  event.preventDefault();
  button.click();
});
