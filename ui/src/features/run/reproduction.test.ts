import { expect, it } from "vitest";
import { reproduction } from "./reproduction";

it("says on both runs what came out, and leads to the other", () => {
  const tag = JSON.stringify({ status: "differs", of: "a", run_id: "b", layers: ["data"], metrics: [{ name: "acc" }], compared: 3, missing: [] });
  expect(reproduction(tag, "a")).toEqual({ tone: "warn", word: "Does not reproduce", detail: "1 of 3 metrics differ; differs in data", other: "b" });
  expect(reproduction(tag, "b")?.other).toBe("a");
});

it("says what is missing", () => {
  const tag = JSON.stringify({ status: "cannot", of: "a", run_id: "", missing: ["commit abc"] });
  expect(reproduction(tag, "a")).toEqual({ tone: "error", word: "Cannot be reproduced", detail: "missing: commit abc", other: "" });
  const failed = JSON.stringify({ status: "cannot", of: "a", run_id: "b", missing: ["the command failed: exit code 1"] });
  expect(reproduction(failed, "a")?.detail).toBe("the command failed: exit code 1");
});

it("is silent where the tag is anything else", () => {
  for (const tag of [undefined, "", "{", "null", "[]", '{"status": "<b>"}']) expect(reproduction(tag, "a")).toBeNull();
});
