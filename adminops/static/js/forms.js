// Forms: sent once, nothing lost by leaving, filters without empty fields, passwords that can be looked at.

const buttons = (form) => [...form.elements].filter((field) => field.type === 'submit');

function rest(form, pressed) {
  for (const button of buttons(form)) button.setAttribute('aria-disabled', 'true');
  pressed?.classList.add('is-busy');
}

function release(form) {
  delete form.dataset.sent;
  for (const button of buttons(form)) {
    button.removeAttribute('aria-disabled');
    button.classList.remove('is-busy');
  }
}

// A POST is sent once: a second click waits for the answer of the first. `data-repeatable` is for downloads.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.getAttribute('method')?.toLowerCase() !== 'post' || 'repeatable' in form.dataset) return;
  if ('sent' in form.dataset) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sent = '';
  // After the other listeners: the pressed button's name must still be sent, and one may have said no.
  setTimeout(() => {
    if (event.defaultPrevented && !form.matches('.htmx-request')) release(form);
    else rest(form, event.submitter);
  });
}, true);

document.addEventListener('htmx:afterRequest', (event) => {
  const form = event.target.closest?.('form[data-sent]');
  if (form) release(form);
});

// A page that comes back out of the browser's memory can be used again.
addEventListener('pageshow', (event) => {
  if (event.persisted) for (const form of document.querySelectorAll('form[data-sent]')) release(form);
});

// Filters: what is empty stays out of the address, and so out of bookmarks and of the back button.
document.addEventListener('htmx:configRequest', (event) => {
  if (!event.target.matches('form[data-filters]')) return;
  const { formData } = event.detail;
  for (const [name, value] of [...formData]) if (value === '') formData.delete(name);
});

// Leaving with something typed and not sent asks first.
document.addEventListener('input', (event) => {
  const form = event.target.closest('form[data-unsaved]');
  if (form) form.dataset.unsaved = 'changed';
});

addEventListener('beforeunload', (event) => {
  const typed = [...document.querySelectorAll('form[data-unsaved="changed"]')].filter((form) => !('sent' in form.dataset));
  if (typed.length) event.preventDefault();
});

// A password can be looked at, and is hidden again before it is sent.
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-show-password]');
  const field = button && document.getElementById(button.dataset.showPassword);
  if (!field) return;
  const show = field.type === 'password';
  field.type = show ? 'text' : 'password';
  button.setAttribute('aria-pressed', String(show));
  button.lastChild.textContent = show ? 'Hide' : 'Show';
});

document.addEventListener('submit', (event) => {
  for (const button of event.target.querySelectorAll('[data-show-password][aria-pressed="true"]')) button.click();
});

// The composer shows which voice it writes in.
document.addEventListener('change', (event) => {
  const form = event.target.closest('form[data-composer]');
  if (form && event.target.type === 'radio') {
    form.classList.toggle('is-note', event.target.value === form.dataset.composer);
  }
});

// A question that depends on an answer is shown with it. Without a script it always is, and its answer is dropped.
function ask(form) {
  for (const question of form.querySelectorAll('[data-when]')) {
    const answer = form.elements[question.dataset.when]?.value ?? '';
    question.hidden = !question.dataset.whenAnswers.split(' ').includes(answer);
  }
}

document.addEventListener('change', (event) => {
  const form = event.target.closest('form');
  if (form) ask(form);
});

for (const form of document.forms) ask(form);

// What was kept as a draft may be left behind.
document.addEventListener('htmx:afterRequest', (event) => {
  const form = event.target.matches?.('[data-draft]') && event.target.closest('form');
  if (form && event.detail.successful) form.dataset.unsaved = '';
});
