// Invites to bookmark the door, or to install it where the browser offers that.
export function keepTheDoor() {
  const place = document.querySelector("[data-keep]");
  if (!place) return;
  const installed = matchMedia("(display-mode: standalone)").matches;
  place.hidden = installed;
  const keys = place.querySelector("kbd");
  if (/Mac/.test(navigator.platform)) keys.textContent = keys.dataset.mac;

  const button = place.querySelector("[data-install]");
  addEventListener("beforeinstallprompt", (offer) => {
    offer.preventDefault();
    button.hidden = false;
    button.addEventListener("click", () => offer.prompt(), { once: true });
  });
}
