// How far a message came changes while its page lies open: that sentence is asked for again, ever more slowly, until
// nothing more will happen to it.
import { showTimes } from "./times.js";

const SECONDS = [1, 2, 4, 8, 15, 30, 60, 120];

export function freshParts() {
  for (const part of document.querySelectorAll("[data-fresh]")) again(part, 0);
}

function again(part, turn) {
  if (turn < SECONDS.length) setTimeout(() => ask(part, turn), SECONDS[turn] * 1000);
}

async function ask(part, turn) {
  const reply = await fetch(part.dataset.fresh).catch(() => null);
  if (!reply?.ok) return;
  const told = new DOMParser().parseFromString(await reply.text(), "text/html").getElementById(part.id);
  if (!told) return;
  showTimes(told);
  if (told.textContent !== part.textContent) part.replaceChildren(...told.childNodes);
  if (told.dataset.fresh) again(part, turn + 1);
}
