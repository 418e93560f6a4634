// Single-key shortcuts. They never fire in a field, a select or an open dialog nor with a modifier, and one switch
// in the list of shortcuts turns them off (WCAG 2.1.4).

import { show } from './menus.js';

const bound = new Map();
let prefix = '';
let timer;

/** Bind a key ("j") or a sequence ("g t"). The function returns false when it had nothing to do. */
export const bind = (key, run) => bound.set(key, run);

function remembered() {
  try {
    return localStorage.getItem('keys') !== 'off';
  } catch {
    return true; // a browser that keeps nothing
  }
}

function remember(on) {
  try {
    localStorage.setItem('keys', on ? 'on' : 'off');
  } catch {
    // as above: it holds for this page
  }
}

const box = document.querySelector('[data-keys-switch]');
let on = remembered();
if (box) box.checked = on;
box?.addEventListener('change', () => {
  on = box.checked;
  remember(on);
});

const typing = (target) => target.matches?.(
  'textarea, select, [contenteditable], input:not([type=radio]):not([type=checkbox])',
);

document.addEventListener('keydown', (event) => {
  if (!on || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (typing(event.target) || document.querySelector('dialog[open]')) return;
  const key = prefix + event.key;
  clearTimeout(timer);
  const runs = [bound.get(key), pressed(key), place(key)].filter(Boolean);
  prefix = '';
  if (runs.length) {
    if (runs.some((run) => run(event) !== false)) event.preventDefault();
    return;
  }
  prefix = event.key === 'g' ? 'g ' : '';
  timer = setTimeout(() => { prefix = ''; }, 900);
});

// A button that shows its key: <button data-press="m">. One that is not on the screen is not pressed.
function pressed(key) {
  const buttons = [...document.querySelectorAll(`[data-press="${CSS.escape(key)}"]`)];
  const button = buttons.find((found) => found.getClientRects().length);
  return button && (() => button.click());
}

// A place of the navigation: <a data-key="t"> is "g t".
function place(key) {
  if (!key.startsWith('g ')) return undefined;
  const link = document.querySelector(`a[data-key="${CSS.escape(key.slice(2))}"]`);
  return link && (() => { location.href = link.href; });
}

bind('/', () => {
  const search = document.querySelector('#search, #big-search');
  search?.focus();
  return Boolean(search);
});
bind('?', () => {
  const list = document.getElementById('keys');
  if (list) show(list);
  return Boolean(list);
});

// The keys that work everywhere are listed when somebody wants to read them: most pages are left without.
document.getElementById('keys')?.addEventListener('opening', listEverywhere, { once: true });

function listEverywhere() {
  const list = document.getElementById('keys-everywhere');
  const words = (link) => [...link.childNodes].find((part) => part.nodeType === Node.TEXT_NODE && part.data.trim());
  const says = (link) => words(link).data.trim().toLowerCase();
  if (document.querySelector('#search, #big-search')) list.append(...hint(['/'], 'Search'));
  for (const link of document.querySelectorAll('a[data-key]')) {
    list.append(...hint(['g', link.dataset.key], `Go to ${says(link)}`));
  }
  list.append(...hint(['?'], 'Show this list'));
}

function hint(keys, says) {
  const [term, meaning] = [document.createElement('dt'), document.createElement('dd')];
  for (const key of keys) {
    const cap = document.createElement('kbd');
    cap.textContent = key;
    term.append(cap, ' ');
  }
  meaning.textContent = says;
  return [term, meaning];
}
