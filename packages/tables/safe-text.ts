/**
 * What a spreadsheet program may take for the start of a formula. The full-width forms are there because Chinese and
 * Japanese input treats them like their ASCII twins.
 */
const formula = /^'*[=+\-@\t\r＝＋－＠]/;
const neutralised = /^'+[=+\-@\t\r＝＋－＠]/;

/**
 * Text that no spreadsheet program runs as a formula: what begins like one gets a leading apostrophe. Text that begins
 * with apostrophes before such a sign gets one more, so that {@link restore} always finds the original again.
 */
export function neutralise(text: string): string {
  return formula.test(text) ? `'${text}` : text;
}

/** The inverse of {@link neutralise}: `restore(neutralise(x)) === x` for every `x`. `readTable` applies it to every text. */
export function restore(text: string): string {
  return neutralised.test(text) ? text.slice(1) : text;
}

/** Without the characters that XML forbids or no table needs: controls (but tab and line breaks), halves of surrogate pairs. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\t\n\r]|\p{Cs}|[\uFFFE\uFFFF]/gu, "");
}
