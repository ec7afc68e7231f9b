/** The server's clock, where the browser's is wrong: by hours, where somebody set the time and not the zone. */

/** Less is on the way. */
const LEAST = 60_000;
let ahead = 0;

export const clock = (): number => Date.now() + ahead;

/** The `Date` of an answer that was just made. */
export function hearClock(date: string | null): void {
  const found = Date.parse(date ?? "") - Date.now();
  ahead = Math.abs(found) > LEAST ? found : 0;
}
