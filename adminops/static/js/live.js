// What changes without a new page: the live region, toasts, htmx requests, and where focus goes afterwards.

const one = (selector, root = document) => root.querySelector(selector);

/** Say a sentence to people who hear the page. */
export function say(text) {
  const region = one('#live');
  if (!region) return;
  region.textContent = '';
  requestAnimationFrame(() => { region.textContent = text; });
}

/** Show a bar at the corner of the page until it is dismissed; good news leaves by itself. */
export function toast(text, tone = 'bad') {
  const pictures = { good: 'circle-check', bad: 'circle-alert', warn: 'triangle-alert' };
  const bar = document.createElement('div');
  bar.className = `notice notice-${tone}`;
  bar.append(drawn(pictures[tone] ?? 'info'), paragraph(text), dismissButton());
  one('[data-toasts]')?.append(bar);
  say(text);
  if (tone === 'good') setTimeout(() => bar.remove(), 6000);
}

function drawn(name) {
  const space = 'http://www.w3.org/2000/svg';
  const icon = document.createElementNS(space, 'svg');
  const use = document.createElementNS(space, 'use');
  icon.setAttribute('class', 'icon');
  icon.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `${new URL('icons.svg', import.meta.url).pathname}#${name}`);
  icon.append(use);
  return icon;
}

function paragraph(text) {
  const words = document.createElement('p');
  words.className = 'notice-text';
  words.textContent = text;
  return words;
}

function dismissButton() {
  const button = document.createElement('button');
  button.className = 'icon-button';
  button.type = 'button';
  button.dataset.dismiss = '';
  button.setAttribute('aria-label', 'Dismiss this message');
  button.append(drawn('x'));
  return button;
}

document.addEventListener('click', (event) => {
  event.target.closest('[data-dismiss]')?.closest('.notice')?.remove();
});

// How htmx is set, before it looks at the page: it evaluates nothing, keeps no copies of pages, calls only this server,
// and shows what a refusal says (409 and 422 are pages with their messages).
if (window.htmx) {
  Object.assign(window.htmx.config, {
    allowEval: false,
    allowScriptTags: false,
    historyCacheSize: 0,
    includeIndicatorStyles: false,
    refreshOnHistoryMiss: true,
    responseHandling: [
      { code: '204', swap: false },
      { code: '[23]..', swap: true },
      { code: '409', swap: true },
      { code: '422', swap: true },
      { code: '[45]..', swap: false, error: true },
    ],
    scrollIntoViewOnBoost: false,
    selfRequestsOnly: true,
  });
}

// Every unsafe request of htmx carries the token of the page.
document.addEventListener('htmx:configRequest', (event) => {
  event.detail.headers['X-CSRFToken'] = one('meta[name="csrf-token"]')?.content;
});

// An answer that is no page of its own says its sentence; a session that ended starts over at the sign-in page.
document.addEventListener('htmx:responseError', (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 401) {
    location.reload();
    return;
  }
  const answer = new DOMParser().parseFromString(xhr.responseText, 'text/html');
  toast(one('.notice-text', answer)?.textContent.trim() || 'That did not work. Nothing was changed.');
});

document.addEventListener('htmx:sendError', () => toast('No connection. Nothing was sent; please try again.'));

// What was swapped in is announced, and focus that was swapped away goes where the link said, or to the new part.
document.addEventListener('htmx:afterSettle', (event) => {
  const part = event.detail.elt;
  const said = one('[data-announce], [data-announce-now]', part) ?? part.closest('[data-announce-now]');
  if (said) say(said.textContent.replace(/\s+/g, ' ').trim());
  const asked = event.detail.requestConfig?.elt?.dataset.focusAfter;
  if (asked) document.getElementById(asked)?.focus({ preventScroll: true });
  else if (document.activeElement === document.body) part.focus?.({ preventScroll: true });
});

// A form that came back with errors begins at their summary.
one('[data-focus]')?.focus();
