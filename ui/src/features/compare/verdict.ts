/** Words and figures of a verdict. Pure. */

import type { Verdict } from "../../api/schema.gen";
import { formatNumber } from "../../lib/format";

/** A sign and a word: never colour alone. */
export function answerOf({ answer, more_seeds }: Pick<Verdict, "answer" | "more_seeds">): string {
  if (answer === "better") return "▲ better";
  if (answer === "worse") return "▼ worse";
  if (answer === "unknown") return "? too few runs";
  return more_seeds === null ? "≈ can't tell" : `≈ can't tell, ${more_seeds} more seeds`;
}

export function interval(low: number | null, high: number | null): string {
  return low === null || high === null ? "–" : `${formatNumber(low, 3)} … ${formatNumber(high, 3)}`;
}
