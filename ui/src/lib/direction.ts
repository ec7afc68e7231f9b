/** What stands behind a metric's name in a head: which value of its series counts, if not the last, and its unit. */
export function metricNote(said: { statistic: string; unit: string } | undefined): string {
  return [said?.statistic === "last" ? "" : said?.statistic, said?.unit].filter(Boolean).join(", ");
}

/** Is a smaller value of this metric the better one? As somebody said, else by its name, as the server guesses objectives. */
export function lowerIsBetter(key: string, said?: "max" | "min" | null): boolean {
  if (said) return said === "min";
  return /(^|[^a-z])(loss|error|err|rmse|mae|mse|mape|perplexity|ppl|nll|wer|cer|fid|latency|seconds|duration|time)([^a-z]|$)/i.test(key);
}
