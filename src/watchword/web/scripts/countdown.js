// The wait until a new code may be sent: text and a thin ring. The server keeps the time; this only shows it.
export function sendAgain() {
  for (const button of document.querySelectorAll("[data-wait]:is(button)")) {
    const seconds = Number(button.dataset.wait);
    if (seconds > 0) countDown(button, seconds);
  }
}

// How long what was confirmed can still be saved; then a way to confirm it again.
export function timeLeft() {
  for (const part of document.querySelectorAll("[data-left]")) lapse(part, Number(part.dataset.left));
}

function lapse(part, seconds) {
  const text = part.querySelector("[data-left-text]");
  const over = part.querySelector("[data-left-over]");
  const end = performance.now() + seconds * 1000;

  const step = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    if (left > 0) {
      text.textContent = text.dataset.leaving.replace("{left}", spell(left));
      setTimeout(step, 250);
      return;
    }
    text.remove();
    over.textContent = over.dataset.leftOver;
    part.querySelector("[data-left-again]").hidden = false;
  };
  step();
}

function countDown(button, seconds) {
  const text = button.querySelector("[data-wait-text]");
  const drawing = button.querySelector("svg");
  const ring = button.querySelector(".ring-left");
  const end = performance.now() + seconds * 1000;
  const hold = (event) => event.preventDefault();
  button.addEventListener("click", hold);
  button.setAttribute("aria-disabled", "true");
  drawing.toggleAttribute("hidden", false);

  const step = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    if (left <= 0) {
      button.removeEventListener("click", hold);
      button.removeAttribute("aria-disabled");
      drawing.toggleAttribute("hidden", true);
      text.textContent = button.dataset.ready;
      return;
    }
    text.textContent = button.dataset.waiting.replace("{left}", spell(left));
    ring.setAttribute("stroke-dashoffset", String(100 - (100 * (left - 1)) / Math.max(seconds, 60)));
    setTimeout(step, 250);
  };
  step();
}

function spell(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
