import type { RunBefore, RunsEdit } from "./schema.gen";

/** What moves runs back to where they were: one change for each experiment that they came from. */
export function movedBack(before: readonly RunBefore[]): RunsEdit[] {
  const homes = new Map<string, string[]>();
  for (const one of before) homes.set(one.experiment_id, [...(homes.get(one.experiment_id) ?? []), one.run_id]);
  return [...homes].map(([experiment_id, run_ids]) => ({ run_ids, experiment_id }));
}
