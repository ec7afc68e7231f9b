import { expect, it } from "vitest";
import { splitList } from "../../lib/columns";
import { drawn, tagsOf, turnTag, withTags } from "./narrow";

const row = (tags: Record<string, string>) => ({ tags });

it("shows what people said, not what programs wrote", () => {
  const tags = { team: "vision", "mlflow.note.content": "text", "runstone.objective": "loss", a: "1", done: "" };
  expect(tagsOf(row(tags))).toEqual(["a=1", "done", "team=vision"]);
});

it("narrows by all tags that are wanted, each as a whole", () => {
  const [both, one, longer] = [row({ team: "vision", q: "a=b" }), row({ team: "vision" }), row({ team: "vision-2" })];
  expect(withTags([both, one, longer], [])).toEqual([both, one, longer]);
  expect(withTags([both, one, longer], ["team=vision"])).toEqual([both, one]);
  expect(withTags([both, one, longer], ["team=vision", "q=a=b"])).toEqual([both]);
});

it("turns one tag of an address on and off, whatever characters it has", () => {
  const list = turnTag(turnTag("", "a=1,2") ?? "", "b=\\") ?? "";
  expect(splitList(list)).toEqual(["a=1,2", "b=\\"]);
  expect(turnTag(turnTag(list, "b=\\") ?? "", "a=1,2")).toBeUndefined();
});

it("draws the metric that was chosen, else what each is about", () => {
  const objective = { key: "f1", direction: "max", guessed: true, statistic: "max", unit: "" } as const;
  const rows = [
    { experiment_id: "1", runs: 3, objective },
    { experiment_id: "2", runs: 0, objective },
    { experiment_id: "3", runs: 1, objective: null },
  ];
  expect(drawn(rows, "")).toEqual({ 1: "metrics.f1:max" });
  expect(drawn(rows, "val/loss:min")).toEqual({ 1: "metrics.val/loss:min", 3: "metrics.val/loss:min" });
});
