// A new passphrase: live strength in words, and a suggestion. The server has the last word; this must only be quick.
import { show } from "./reveal.js";
import { strengthOf } from "./strength.js";
import { suggestion } from "./suggest.js";

export function newPassphrase() {
  for (const field of document.querySelectorAll("[data-new-passphrase]")) {
    const input = field.querySelector("input");
    const meter = field.querySelector("[data-strength]");
    const tell = () => judge(field, input.value, meter);
    input.addEventListener("input", tell);
    field.querySelector("[data-suggest]").addEventListener("click", () => {
      input.value = suggestion();
      show(field.querySelector("[data-reveal]"), input, true);
      field.querySelector("[data-suggested]").hidden = false;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.focus();
      input.select();
    });
    tell();
  }
}

function judge(field, passphrase, meter) {
  const text = meter.querySelector("[data-strength-text]");
  meter.hidden = passphrase === "";
  if (meter.hidden) return;
  const missing = Number(field.dataset.minimum) - [...passphrase.normalize("NFC")].length;
  if (missing > 0) {
    meter.dataset.level = "0";
    text.textContent = meter.dataset.short.replace("{left}", String(missing));
    return;
  }
  const level = strengthOf(passphrase, field.dataset.context);
  meter.dataset.level = String(level);
  text.textContent = meter.dataset.words.split("|")[level - 1];
}
