// The comparison of two records: the field at hand (↑ ↓), its value (1, 2), the next difference (d), the next
// pair (j, k), and how many fields are kept. The buttons of the action bar bring their own keys.
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
  say(`${fields[at].querySelector('.comparison-name').textContent}: ${side} value kept`);
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

form.addEventListener('focusin', (event) => {
  const field = event.target.closest('[data-field]');
  if (field) point(fields.indexOf(field));
});

if (fields.length) point(at);
