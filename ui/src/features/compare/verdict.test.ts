import { expect, test } from "vitest";
import { answerOf, interval } from "./verdict";

test("an answer has a sign and a word, and says what would settle it", () => {
  expect(answerOf({ answer: "better", more_seeds: null })).toBe("▲ better");
  expect(answerOf({ answer: "worse", more_seeds: null })).toBe("▼ worse");
  expect(answerOf({ answer: "unknown", more_seeds: null })).toBe("? too few runs");
  expect(answerOf({ answer: "unclear", more_seeds: 4 })).toBe("≈ can't tell, 4 more seeds");
  expect(answerOf({ answer: "unclear", more_seeds: null })).toBe("≈ can't tell");
});

test("an interval has both ends or none", () => {
  expect(interval(0.0041, 0.02)).toBe("0.00410 … 0.0200");
  expect(interval(null, null)).toBe("–");
});
