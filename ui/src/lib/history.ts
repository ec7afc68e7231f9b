/** Filters that this browser used, by experiment, newest first. Offered, never applied. Storage may be forbidden or hold nonsense. */

const NAME = "runstone.filters";
const MOST = 12;
const LONGEST = 2_000;
const PLACES = 40;

type Kept = Record<string, string[]>;

function kept(): Kept {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(NAME) ?? "{}");
    return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Kept) : {};
  } catch {
    return {};
  }
}

export function pastFilters(place: string): string[] {
  const found: unknown = kept()[place];
  return Array.isArray(found) ? found.filter((one): one is string => typeof one === "string").slice(0, MOST) : [];
}

export function rememberFilter(place: string, filter: string): void {
  if (!filter || filter.length > LONGEST) return;
  const { [place]: _, ...others } = kept();
  const mine = [filter, ...pastFilters(place).filter((one) => one !== filter)].slice(0, MOST);
  save(Object.fromEntries([...Object.entries(others).slice(1 - PLACES), [place, mine]]));
}

export function forgetFilters(): void {
  save({});
}

function save(all: Kept): void {
  try {
    localStorage.setItem(NAME, JSON.stringify(all));
  } catch {
    // Then nothing is remembered.
  }
}
