// Passkeys, where the page offers them. What a browser gives goes to the door by a form like any other answer; every
// failure is told in the page's own words, and the other ways stay open.
import {
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  startAuthentication,
  startRegistration,
} from "@simplewebauthn/browser";
import { nameOf } from "./passkey-names.js";

// A challenge lives as long as its passage, a quarter of an hour: an older page asks for another.
const FRESH_FOR = 12 * 60_000;

export function passkeys() {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const controls = document.querySelectorAll("[data-passkey-use]");
    if (!browserSupportsWebAuthn()) {
      if (form.dataset.passkey === "beside") for (const control of controls) control.hidden = true;
      else say(form, "unsupported", controls);
      continue;
    }
    const use = form.dataset.passkey === "new" ? making(form) : showing(form);
    for (const control of controls) {
      control.addEventListener("click", (event) => {
        event.preventDefault();
        if (!control.hasAttribute("aria-busy")) run(form, control, use);
      });
    }
    if (form.dataset.passkey === "beside") offerInFields(form);
  }
}

async function run(form, control, use) {
  const began = Date.now();
  say(form, null);
  control.setAttribute("aria-busy", "true");
  try {
    await use();
  } catch (error) {
    say(form, reasonOf(error, Date.now() - began, form));
    if (form.dataset.passkey === "beside") offerInFields(form);
  } finally {
    control.removeAttribute("aria-busy");
  }
}

function showing(form) {
  return async () => send(form, await startAuthentication({ optionsJSON: await options(form) }));
}

function send(form, credential) {
  form.elements.credential.value = JSON.stringify(credential);
  form.requestSubmit();
}

// The browser offers passkeys among what it fills in. Nobody asked for it yet, so what goes wrong here is not told.
async function offerInFields(form) {
  if (!(await browserSupportsWebAuthnAutofill())) return;
  const asked = Date.now();
  const field = document.querySelector("input[autocomplete$='webauthn']");
  if (!field) return;
  field.form.addEventListener("focusin", function again() {
    if (Date.now() - asked < FRESH_FOR) return;
    field.form.removeEventListener("focusin", again);
    offerInFields(form);
  });
  try {
    send(form, await startAuthentication({ optionsJSON: await options(form), useBrowserAutofill: true }));
  } catch {
    // Ended for another request, or by the browser.
  }
}

// Those that came with the page, or new ones if it lay open too long.
const asOf = Date.now();
const renewed = new WeakMap();

async function options(form) {
  const last = renewed.get(form) ?? { at: asOf, found: JSON.parse(form.dataset.options) };
  if (Date.now() - last.at < FRESH_FOR || !form.dataset.renew) return last.found;
  const reply = await fetch(form.dataset.renew);
  if (!reply.ok) throw new Error("the passage is over");
  const found = await reply.json();
  renewed.set(form, { at: Date.now(), found });
  return found;
}

// A new one: made first, then named. The name is a proposal as long as nobody has typed.
function making(form) {
  return async () => {
    const credential = await startRegistration({ optionsJSON: JSON.parse(form.dataset.options) });
    form.elements.credential.value = JSON.stringify(credential);
    const { name } = form.elements;
    name.value = untaken(nameOf(credential.response.authenticatorData) ?? name.value, JSON.parse(form.dataset.taken));
    for (const part of document.querySelectorAll("[data-passkey-before]")) part.hidden = true;
    for (const part of document.querySelectorAll("[data-passkey-after]")) part.hidden = false;
    form.querySelector("[data-submit]").classList.add("primary");
    name.focus();
    name.select();
  };
}

function untaken(name, taken) {
  let number = 1;
  const numbered = () => (number === 1 ? name : `${name} ${number}`);
  while (taken.includes(numbered())) number += 1;
  return numbered();
}

// Browsers tell a prompt that was closed, one that ran out and a device without a passkey by one name, on purpose.
function reasonOf(error, lasted, form) {
  const name = (error.cause ?? error).name;
  if (name === "NotAllowedError") {
    const limit = JSON.parse(form.dataset.options).timeout;
    return limit && lasted >= limit - 1000 ? "late" : "stopped";
  }
  if (name === "AbortError") return null;
  if (name === "InvalidStateError") return "twice";
  if (name === "SecurityError") return "place";
  if (name === "NotSupportedError" || name === "ConstraintError") return "unable";
  return "failed";
}

function say(form, reason, controls = []) {
  const place = document.querySelector("[data-passkey-problem]");
  const template = place.querySelector("template");
  place.replaceChildren(template);
  place.hidden = !reason;
  for (const control of controls) control.hidden = Boolean(reason);
  if (!reason) return;
  const notice = template.content.cloneNode(true);
  notice.querySelector("p").textContent = form.dataset[reason] ?? form.dataset.failed;
  place.append(notice);
}

// What a password manager should know: which passkeys still open this account and what it is called, or that the one
// just shown opens nothing here any more. Browsers that know no such signal do without.
export function passkeySignals() {
  for (const part of document.querySelectorAll("[data-passkey-unknown]")) {
    const { rp, passkeyUnknown } = part.dataset;
    signal("signalUnknownCredential", { rpId: rp, credentialId: passkeyUnknown });
  }
  for (const part of document.querySelectorAll("[data-passkey-signals]")) {
    const told = JSON.parse(part.dataset.passkeySignals);
    const who = { rpId: told.rp_id, userId: told.user_id };
    signal("signalAllAcceptedCredentials", { ...who, allAcceptedCredentialIds: told.credential_ids });
    signal("signalCurrentUserDetails", { ...who, name: told.name, displayName: told.name });
  }
}

function signal(name, what) {
  globalThis.PublicKeyCredential?.[name]?.(what).catch(() => {});
}
