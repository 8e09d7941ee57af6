// The check of a human: the ALTCHA widget (its build without inline styles and workers) with our words and our worker.
import "altcha/external";

const ALGORITHM = "PBKDF2/SHA-256";

export function humanCheck() {
  for (const place of document.querySelectorAll("[data-human]")) {
    const words = place.dataset;
    globalThis.$altcha.algorithms.set(ALGORITHM, () => new Worker(words.worker));
    globalThis.$altcha.i18n.set(document.documentElement.lang.toLowerCase(), {
      ...globalThis.$altcha.i18n.get("en"),
      label: words.label,
      verifying: words.verifying,
      verified: words.verified,
      error: words.error,
      expired: words.expired,
      waitAlert: words.wait,
    });
    const widget = place.querySelector("altcha-widget");
    widget.configure({ humanInteractionSignature: false, hideLogo: true, hideFooter: true, minDuration: 0 });
    sendWhenChecked(place, widget);
    renewWhenOld(place, widget);
  }
}

// A page may lie open for hours. The challenge that came with it is then too old; a new one is fetched when somebody
// comes back to the form, not before: an idle page makes no work for anyone.
function renewWhenOld(place, widget) {
  const form = place.closest("form");
  const again = () => {
    if (widget.getState() === "expired") widget.verify();
  };
  widget.addEventListener("expired", () => {
    widget.configure({ challenge: place.dataset.renew });
    if (form.matches(":focus-within")) again();
    else form.addEventListener("focusin", again, { once: true });
  });
}

// Whoever presses the button before the sum is solved need not press it again.
function sendWhenChecked(place, widget) {
  const form = place.closest("form");
  const button = form.querySelector("[data-submit]");
  let waiting = null;

  const stopWaiting = () => {
    if (!waiting) return;
    button.textContent = waiting;
    button.removeAttribute("aria-busy");
    waiting = null;
  };
  place.addEventListener(
    "invalid",
    (event) => {
      if (widget.getState() !== "verifying") return;
      event.preventDefault();
      waiting ??= button.textContent;
      button.textContent = place.dataset.wait;
      button.setAttribute("aria-busy", "true");
    },
    true,
  );
  widget.addEventListener("statechange", (event) => {
    if (event.detail.state === "verifying") return;
    const send = waiting && event.detail.state === "verified";
    stopWaiting();
    if (send) setTimeout(() => form.requestSubmit(button));
  });
}
