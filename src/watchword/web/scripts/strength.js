// A modest estimate of how hard a passphrase is to guess, 1 (easy) to 4 (very strong). It counts what a guesser would
// try first as worth little: a word everyone uses, the address, runs along the alphabet or the keyboard, repetitions.
// It knows no big lists: those are the server's, which judges for good.
const COMMON =
  "password passwort passphrase welcome letmein iloveyou monkey dragon sunshine princess football baseball superman " +
  "batman shadow master michael jordan charlie trustno secret admin login qwerty azerty bitcoin ethereum crypto wallet " +
  "coin exchange trading money love hello summer winter spring autumn correct horse battery staple";
const WORDS = COMMON.split(" ");
const ROWS = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qazwsxedcrfvtgbyhn"];
const BITS_A_WORD = 9;
const BITS_A_RUN = 6;

export function strengthOf(passphrase, context) {
  const bits = estimate(passphrase.normalize("NFC"), context);
  if (bits < 45) return 1;
  if (bits < 58) return 2;
  return bits < 85 ? 3 : 4;
}

function estimate(passphrase, context) {
  let rest = passphrase.toLowerCase();
  let bits = 0;
  const known = [...contextWords(context), ...WORDS].sort((a, b) => b.length - a.length);
  for (const word of known) {
    while (rest.includes(word)) {
      rest = rest.replace(word, "\u0000");
      bits += BITS_A_WORD;
    }
  }
  for (const run of runsIn(rest)) {
    rest = rest.replace(run, "\u0000");
    bits += BITS_A_RUN;
  }
  const left = [...rest.replaceAll("\u0000", "")];
  return bits + left.length * bitsEach(left, passphrase);
}

function contextWords(context) {
  return context
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 2);
}

// Runs of three or more: the same sign, or neighbours on a row in either direction.
function runsIn(text) {
  const runs = [];
  let start = 0;
  for (let i = 1; i <= text.length; i++) {
    if (i < text.length && follows(text[i - 1], text[i])) continue;
    if (i - start >= 3) runs.push(text.slice(start, i));
    start = i;
  }
  return runs.sort((a, b) => b.length - a.length);
}

function follows(one, next) {
  if (one === "\u0000") return false;
  return one === next || ROWS.some((row) => row.includes(one + next) || row.includes(next + one));
}

// A sign is worth what the kinds of sign used allow, less the more the same signs come again; letters within words are
// worth far less than letters drawn at random, so plain lower case counts as words.
function bitsEach(signs, whole) {
  if (signs.length === 0) return 0;
  const variety = new Set(signs).size / signs.length;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9\s]/].filter((kind) => kind.test(whole)).length;
  const foreign = /[^\u0000-\u024f]/.test(whole) ? 2.5 : 0;
  const mixed = /\d[a-z]|[a-z]\d|[a-z][A-Z]/.test(whole) ? 1.4 : 0;
  const each = 2.2 + 0.45 * (kinds - 1) + mixed + foreign;
  return each * Math.min(1, 0.35 + 1.1 * variety);
}
