// Rows of a list: the cursor (j, k, Enter), selection (x, all), and what is done with what is selected.
import { bind } from './keys.js';

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const rows = () => all('[data-row]');
const current = () => document.querySelector('[data-row].is-current');

function step(distance) {
  const list = rows();
  if (!list.length) return false;
  const to = Math.max(0, Math.min(list.length - 1, list.indexOf(current()) + distance));
  mark(list[to]);
  list[to].querySelector('a')?.focus();
  list[to].scrollIntoView({ block: 'nearest' });
  return true;
}

function mark(row) {
  current()?.classList.remove('is-current');
  row.classList.add('is-current');
}

bind('j', () => step(1));
bind('k', () => step(-1));
bind('x', () => {
  const box = current()?.querySelector('.cell-select input');
  box?.click();
  return Boolean(box);
});

// A row whose link has focus is the current one, however it got there.
document.addEventListener('focusin', (event) => {
  const row = event.target.closest('[data-row]');
  if (row) mark(row);
});

const boxes = (root) => all('tbody .cell-select input', root);

document.addEventListener('change', (event) => {
  const root = event.target.closest('.list, table');
  if (!root || !event.target.closest('.cell-select')) return;
  if ('selectAll' in event.target.dataset) for (const box of boxes(root)) box.checked = event.target.checked;
  count(root);
});

function count(root) {
  const list = boxes(root);
  const chosen = list.filter((box) => box.checked).length;
  const head = root.querySelector('[data-select-all]');
  if (head) {
    head.checked = chosen === list.length;
    head.indeterminate = chosen > 0 && chosen < list.length;
  }
  for (const bar of all('[data-bulk]', root.closest('form') ?? root)) bar.hidden = chosen === 0;
  for (const words of all('[data-bulk-count]', root.closest('form') ?? root)) words.textContent = `${chosen} selected`;
}

// Without a script the bar is always there; with one it comes with the first choice.
for (const list of all('.list')) count(list);
document.addEventListener('htmx:afterSettle', () => { for (const list of all('.list')) count(list); });
