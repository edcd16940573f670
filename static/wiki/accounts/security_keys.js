// Forms that a security key fills (WebAuthn): the server gives options with `data-options`, or at the address of the form
// when the button is pressed; what the key answers goes into the field `credential`.

function toBytes(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function toText(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const withBytes = (one) => ({ ...one, id: toBytes(one.id) });

function readOptions(given) {
  const options = { ...given.publicKey, challenge: toBytes(given.publicKey.challenge) };
  if (options.user) options.user = withBytes(options.user);
  for (const list of ["excludeCredentials", "allowCredentials"])
    if (options[list]) options[list] = options[list].map(withBytes);
  return options;
}

function writeCredential(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (credential.response[part]) response[part] = toText(credential.response[part]);
  return JSON.stringify({
    type: credential.type,
    id: credential.id,
    rawId: toText(credential.rawId),
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

async function fetchOptions(address) {
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  return (await response.json()).options;
}

async function askKey(form) {
  const options = form.dataset.options ? JSON.parse(form.dataset.options) : await fetchOptions(form.action);
  const publicKey = readOptions(options);
  if (form.elements.passwordless?.checked)
    Object.assign(publicKey.authenticatorSelection, {
      residentKey: "required", requireResidentKey: true, userVerification: "required",
    });
  const act = form.dataset.securityKey === "create" ? "create" : "get";
  return writeCredential(await navigator.credentials[act]({ publicKey }));
}

function bindForm(form) {
  const problem = form.querySelector("[data-problem]");
  const complain = (text) => {
    problem.textContent = text;
    problem.hidden = false;
  };
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!window.PublicKeyCredential) {
      complain(form.dataset.saysMissing);
      return;
    }
    problem.hidden = true;
    try {
      form.elements.credential.value = await askKey(form);
      form.submit();
    } catch {
      complain(form.dataset.saysFailed);
    }
  }, { capture: true });
}

for (const form of document.querySelectorAll("[data-security-key]")) bindForm(form);
