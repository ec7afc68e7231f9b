/** What was said of a metric, as tags of an experiment. Pure. */

import type { Meaning } from "../../api/schema.gen";

export interface Meant extends Meaning {
  objective: boolean;
}

/** Characters of a unit. */
export const MOST_UNIT = 24;
const OBJECTIVE = "runstone.objective";

/** The tags to change, null for those that go. What was never said and is not said now is left alone. */
export function meantTags(metric: string, meant: Meant, tags: Readonly<Record<string, string>>): Record<string, string | null> {
  const unit = meant.unit.trim();
  const wanted: Record<string, string | null> = {
    [`runstone.direction.${metric}`]: meant.direction,
    [`runstone.statistic.${metric}`]: meant.statistic === "last" ? null : meant.statistic,
    [`runstone.unit.${metric}`]: unit || null,
  };
  if (meant.objective || tags[OBJECTIVE] === metric) {
    wanted[OBJECTIVE] = meant.objective ? metric : null;
    // An older word for the direction, which would say something of another metric else.
    wanted[`${OBJECTIVE}.direction`] = null;
  }
  return Object.fromEntries(Object.entries(wanted).filter(([tag, value]) => value !== (tags[tag] ?? null)));
}
