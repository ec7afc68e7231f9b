/** How well a text fits what was typed, as people shorten names: `fo50` fits `forest-50`. Pure. */

/** Higher is better; 0: it does not fit. Every part of `typed` (between spaces) must fit. */
export function fuzzy(text: string, typed: string): number {
  const hay = text.toLowerCase();
  let sum = 0;
  for (const part of typed.toLowerCase().split(/\s+/).filter(Boolean)) {
    const score = one(hay, part);
    if (score === 0) return 0;
    sum += score;
  }
  return sum;
}

function one(hay: string, part: string): number {
  const at = hay.indexOf(part);
  // Whole parts first: at the start, at the start of a word, anywhere; shorter texts before longer.
  if (at >= 0) return (at === 0 ? 300 : starts(hay, at) ? 250 : 200) - Math.min(90, hay.length - part.length);
  return scattered(hay, part);
}

/** Letters in order, each next to the one before or at the start of a word. */
function scattered(hay: string, part: string): number {
  let from = 0;
  let jumps = 0;
  for (let i = 0; i < part.length; i += 1) {
    const letter = part[i] ?? "";
    if (i > 0 && hay[from] === letter) {
      from += 1;
      continue;
    }
    let next = hay.indexOf(letter, from);
    while (next >= 0 && !starts(hay, next)) next = hay.indexOf(letter, next + 1);
    if (next < 0) return 0;
    from = next + 1;
    jumps += 1;
  }
  return Math.max(1, 120 - 20 * jumps);
}

function starts(hay: string, at: number): boolean {
  return at === 0 || !/[a-z]/.test(hay[at] ?? "") !== !/[a-z]/.test(hay[at - 1] ?? "") || /[^a-z0-9]/.test(hay[at - 1] ?? "");
}
