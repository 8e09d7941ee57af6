// Five groups of four from signs that can't be mistaken for each other, joined by dashes: 20 drawn signs, about 115 bits,
// with a small letter, a capital, a digit and a dash in each suggestion.
const SIGNS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const GROUPS = 5;
const LENGTH = 4;

export function suggestion() {
  for (;;) {
    const groups = Array.from({ length: GROUPS }, () => Array.from({ length: LENGTH }, draw).join(""));
    const text = groups.join("-");
    if (/[a-z]/.test(text) && /[A-Z]/.test(text) && /[2-9]/.test(text)) return text;
  }
}

// Draws without bias: values past the last whole multiple are thrown away.
function draw() {
  const bound = 256 - (256 % SIGNS.length);
  const byte = new Uint8Array(1);
  do crypto.getRandomValues(byte);
  while (byte[0] >= bound);
  return SIGNS[byte[0] % SIGNS.length];
}
