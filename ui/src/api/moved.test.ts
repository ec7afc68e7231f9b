import { expect, it } from "vitest";
import { movedBack } from "./moved";

it("runs go back to where each of them was", () => {
  const before = [
    { run_id: "a", experiment_id: "1", deleted: false, tags: {} },
    { run_id: "b", experiment_id: "2", deleted: false, tags: {} },
    { run_id: "c", experiment_id: "1", deleted: false, tags: {} },
  ];
  expect(movedBack(before)).toEqual([
    { run_ids: ["a", "c"], experiment_id: "1" },
    { run_ids: ["b"], experiment_id: "2" },
  ]);
});
