/** What stands behind a metric's name in a head: which value of its series counts, if not the last, and its unit. */
export function metricNote(said: { statistic: string; unit: string } | undefined): string {
  return [said?.statistic === "last" ? "" : said?.statistic, said?.unit].filter(Boolean).join(", ");
}

/** Words of names of which less is better: those that the server knows, `query/objective.py`. */
const SMALLER: ReadonlySet<string> = new Set([
  ...["loss", "rmse", "mae", "mse", "mape", "error", "err", "perplexity", "ppl", "logloss", "bpc", "bpb", "nll", "wer", "cer", "fid"],
  ...["regret", "deviance", "distance", "latency", "cost", "seconds", "ms", "milliseconds", "minutes", "hours", "duration", "time"],
]);

/** Is a smaller value of this metric the better one? As somebody said, else by its name, as the server has it. */
export function lowerIsBetter(key: string, said?: "max" | "min" | null): boolean {
  if (said) return said === "min";
  if (key.startsWith("system/")) return false;
  const words = key.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase().match(/[a-z]+\d*|\d+/g) ?? [];
  return words.some((word) => SMALLER.has(word)) || words.join("_").includes("cross_entropy");
}
