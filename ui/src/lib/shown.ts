/**
 * What people wrote, so that the eye sees all of it. A name may hold characters without a shape: turned around, broken off or
 * with letters between that nobody sees, it looks like another one's. They are written out, `[U+202E]`, unless they belong
 * where they stand (emoji, flags, joined letters). Pure.
 */

/** Controls (but line breaks and tabs, which texts have), formats, fillers, variation selectors, halves of pairs. */
const HIDDEN =
  /(?![\t\n\r\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\uffa0\ufe00-\ufe0f\u{e0000}-\u{e0fff}]/gu;
/** The cheap question first: nearly every text on a screen has none, nor anything that may be one. */
const SUSPECT = /[^\t\n\r -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u05ff\u2010-\u2027\u2030-\u205e\u2070-\u2fff\u3001-\u30ff\u3400-\ud7ff]/;

// Asked of one character each: Chromium 156 finds no pictograph before the end of a text (`/\p{Extended_Pictographic}$/u`).
const JOINED =
  /^[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u;
const PICTURE = /^\p{Extended_Pictographic}/u;
const PART_OF_PICTURE = /^[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f\u20e3]/u;
const VARIED = /^[\p{Emoji}\p{Script=Han}\p{Sm}\p{Script=Mongolian}\p{Script=Myanmar}]/u;
const KEY = /^[\d#*]/;
const TAG = /^[\u{e0020}-\u{e007e}]/u;
const FLAG = "\u{1f3f4}";

export function shown(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text.replace(HIDDEN, (char, at: number) => (belongs(char, text.slice(Math.max(0, at - 16), at), text.slice(at + char.length, at + char.length + 4)) ? char : `[U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`));
}

/** The same for what stands in one line: breaks, tabs and spaces that would be lost are seen, too. */
export function oneLine(text: string): string {
  return shown(text)
    .replace(/\r\n|[\r\n]/g, "↵")
    .replace(/\t/g, "⇥")
    .replace(/^ +| +$| {2,}/g, (spaces) => "␣".repeat(spaces.length));
}

function belongs(char: string, before: string, after: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  const earlier = [...before];
  const last = earlier.at(-1) ?? "";
  if (code === 0x200c || code === 0x200d) {
    return (JOINED.test(last) && JOINED.test(after)) || (code === 0x200d && PART_OF_PICTURE.test(last) && PICTURE.test(after));
  }
  if ((code >= 0xfe00 && code <= 0xfe0f) || (code >= 0xe0100 && code <= 0xe01ef) || (code >= 0x180b && code <= 0x180f && code !== 0x180e)) {
    return KEY.test(last) ? after.startsWith("\u20e3") : VARIED.test(last);
  }
  return code >= 0xe0020 && code <= 0xe007f && earlier.findLast((one) => !TAG.test(one)) === FLAG;
}
