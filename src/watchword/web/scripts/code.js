// A code may be pasted or typed with spaces, dashes or words around it: what is sent is its digits. Never sends by itself.
const WIDE_ZERO = "０".codePointAt(0);

export function codeFields() {
  for (const input of document.querySelectorAll("[data-digits]")) {
    input.addEventListener("paste", (event) => {
      const digits = onlyDigits(event.clipboardData?.getData("text") ?? "");
      if (digits.length !== Number(input.dataset.digits)) return;
      event.preventDefault();
      input.value = digits;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
    input.addEventListener("change", () => tidy(input));
    input.form?.addEventListener("submit", () => tidy(input));
  }
}

function tidy(input) {
  const digits = onlyDigits(input.value);
  if (digits.length === Number(input.dataset.digits)) input.value = digits;
}

function onlyDigits(text) {
  const plain = text.replace(/[０-９]/g, (digit) => String(digit.codePointAt(0) - WIDE_ZERO));
  return plain.replace(/\D/g, "");
}
