// Light, dark, auto: at once on the page, and remembered by the server for the next one.

document.addEventListener('submit', (event) => {
  const form = event.target.closest('[data-theme-switch]');
  if (!form || !event.submitter) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  body.set('theme', event.submitter.value);
  document.documentElement.dataset.theme = event.submitter.value;
  for (const button of form.querySelectorAll('[aria-pressed]')) {
    button.setAttribute('aria-pressed', String(button === event.submitter));
  }
  fetch(form.getAttribute('action'), { method: 'POST', body, redirect: 'manual' });
});
