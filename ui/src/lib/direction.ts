/** Is a smaller value of this metric the better one? As somebody said, else by its name, as the server guesses objectives. */
export function lowerIsBetter(key: string, said?: "max" | "min" | null): boolean {
  if (said) return said === "min";
  return /(^|[^a-z])(loss|error|err|rmse|mae|mse|mape|perplexity|ppl|nll|wer|cer|fid|latency|seconds|duration|time)([^a-z]|$)/i.test(key);
}
