// Every page works without this file, but for the check of a human. It only adds what a script alone can do.
import { revealButtons } from "./reveal.js";
import { codeFields } from "./code.js";
import { sendAgain, timeLeft } from "./countdown.js";
import { localTimes } from "./times.js";
import { copyButtons, printButtons } from "./copy.js";
import { keepTheDoor } from "./keep.js";
import { onceOnly } from "./submit.js";
import { freshParts } from "./fresh.js";

revealButtons();
codeFields();
sendAgain();
timeLeft();
localTimes();
copyButtons();
printButtons();
keepTheDoor();
onceOnly();
freshParts();

if (document.querySelector("[data-human]")) import("./human.js").then((module) => module.humanCheck());
if (document.querySelector("[data-new-passphrase]")) import("./passphrase.js").then((module) => module.newPassphrase());
if (document.querySelector("[data-passkey], [data-passkey-unknown], [data-passkey-signals]"))
  import("./passkey.js").then((module) => {
    module.passkeys();
    module.passkeySignals();
  });
