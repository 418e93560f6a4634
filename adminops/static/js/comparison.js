// The comparison of two records: the field at hand (↑ ↓), its value (1, 2), the next difference (d), the next
// pair (j, k), and how many fields the kept record takes over. The buttons of the action bar bring their own keys.
import { bind } from './keys.js';
import { say } from './live.js';

const form = document.querySelector('[data-comparison]');
const fields = [...form.querySelectorAll('[data-field]')];
const open = fields.filter((field) => field.dataset.state !== 'same');
let at = Math.max(0, fields.indexOf(open[0]));

function point(index) {
  at = (index + fields.length) % fields.length;
  for (const [place, field] of fields.entries()) field.classList.toggle('is-current', place === at);
}

function goTo(index) {
  point(index);
  const field = fields[at];
  const choice = field.querySelector('input:checked');
  if (choice) choice.focus({ preventScroll: true });
  field.scrollIntoView({ block: 'nearest' });
}

function keep(side) {
  const choice = fields[at]?.querySelector(`input[value="${side}"]`);
  if (!choice) return false;
  choice.checked = true;
  choice.focus({ preventScroll: true });
  choice.dispatchEvent(new Event('change', { bubbles: true }));
  say(`${fields[at].dataset.label}: ${side} value kept`);
  return true;
}

function nextDifference() {
  if (!open.length) return false;
  const later = open.find((field) => fields.indexOf(field) > at) ?? open[0];
  goTo(fields.indexOf(later));
  return true;
}

function leave(url) {
  if (url) location.href = url;
  return Boolean(url);
}

bind('1', () => keep('left'));
bind('2', () => keep('right'));
bind('d', nextDifference);
bind('j', () => leave(form.dataset.next));
bind('k', () => leave(form.dataset.previous));
// From the page or from a field of the form; elsewhere the arrows scroll.
for (const [key, distance] of [['ArrowDown', 1], ['ArrowUp', -1]]) {
  bind(key, (event) => {
    if (event.target !== document.body && !form.contains(event.target)) return false;
    goTo(at + distance);
    return true;
  });
}

// "2 fields … of client 51907 read under client 48213"
const taken = form.querySelector('[data-taken]');
form.addEventListener('change', () => {
  const count = form.querySelectorAll('[data-field] input[value="right"]:checked').length;
  if (taken) taken.textContent = `${count} field${count === 1 ? '' : 's'}`;
});

// The list beside it scrolls to the pair at hand, and the page stays where it is.
const here = document.querySelector('.pair-list [aria-current]');
if (here) {
  const list = here.closest('.pair-list');
  const [frame, item] = [list.getBoundingClientRect(), here.getBoundingClientRect()];
  list.scrollBy(item.left - frame.left, item.top - frame.top - (frame.height - item.height) / 2);
}

form.addEventListener('focusin', (event) => {
  const field = event.target.closest('[data-field]');
  if (field) point(fields.indexOf(field));
});

if (fields.length) point(at);
