// Security keys: what the page asks goes to the key, and what the key signs goes back with the form.
// Binary values travel as base64url. Without this script, or in a browser without keys, the other ways stay.

const toBytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const described = (keys = []) => keys.map((key) => ({ ...key, id: toBytes(key.id) }));

function asked(text, kind) {
  const options = JSON.parse(text);
  options.challenge = toBytes(options.challenge);
  if (kind === 'create') {
    options.user.id = toBytes(options.user.id);
    options.excludeCredentials = described(options.excludeCredentials);
  } else {
    options.allowCredentials = described(options.allowCredentials);
  }
  return { publicKey: options };
}

function answered(credential) {
  const response = { clientDataJSON: toText(credential.response.clientDataJSON) };
  for (const part of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (credential.response[part]) response[part] = toText(credential.response[part]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

async function ask(form) {
  const kind = form.dataset.securityKey;
  const problem = form.querySelector('[data-key-problem]');
  problem.hidden = true;
  try {
    form.elements.answer.value = answered(await navigator.credentials[kind](asked(form.dataset.options, kind)));
  } catch {
    problem.hidden = false;
    return;
  }
  form.requestSubmit();
}

for (const form of document.querySelectorAll('form[data-security-key]')) {
  if (!window.PublicKeyCredential) break;
  form.hidden = false;
  // Before the form is taken as sent: it is sent by itself once the key has answered.
  form.addEventListener('click', (event) => {
    if (!event.target.closest('button[type="submit"]') || form.elements.answer.value) return;
    if (!form.checkValidity()) return;
    event.preventDefault();
    ask(form);
  });
}
