/** What is shown until an answer comes. */

/**
 * Is the last answer about the same thing as the new question: are these parts of its key as they were? Only then may it stand in: the
 * curve of another metric, or what changed since another run, would stand under a name that is not its own.
 */
export function alike(before: { queryKey: readonly unknown[] } | undefined, parts: Readonly<Record<number, unknown>>): boolean {
  return before !== undefined && Object.entries(parts).every(([part, value]) => JSON.stringify(before.queryKey[Number(part)]) === JSON.stringify(value));
}
