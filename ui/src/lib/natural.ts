const collator = new Intl.Collator("en", { numeric: true });

/** Order of keys as people count: m2 before m10. */
export function natural(a: string, b: string): number {
  return collator.compare(a, b);
}
