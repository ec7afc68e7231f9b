/** Is a smaller value of this metric the better one? By its name, as the server guesses objectives. */
export function lowerIsBetter(key: string): boolean {
  return /(^|[^a-z])(loss|error|err|rmse|mae|mse|mape|perplexity|ppl|nll|wer|cer|fid|latency|seconds|duration|time)([^a-z]|$)/i.test(key);
}
