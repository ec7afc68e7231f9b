/** Texts cut to the room there is. Pure. */

const LETTERS = new Intl.Segmenter();

/** At most so many characters, the last of them `…` where some are left out; none is cut in two, as an emoji of several code points would be. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept: string[] = [];
  // what one reads as one character may be long: beyond this nothing is looked at
  for (const { segment } of LETTERS.segment(text.slice(0, 20 * most))) {
    if (kept.length === most) return `${kept.slice(0, -1).join("")}…`;
    kept.push(segment);
  }
  return text.length > 20 * most ? `${kept.slice(0, most - 1).join("")}…` : text;
}
