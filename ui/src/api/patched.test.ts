import { describe, expect, it } from "vitest";
import { patched, patchedRun } from "./patched";
import type { RunDetail, RunsTable } from "./schema.gen";

const table = {
  run_ids: ["a", "b"],
  names: ["one", "two"],
  columns: [
    { column: "tags.team", values: ["x", null] },
    { column: "metrics.loss", values: [1, 2] },
  ],
} as unknown as RunsTable;

describe("a table after changes", () => {
  it("shows new names and tags, and leaves the rest", () => {
    const after = patched(table, [
      { id: "b", edit: { name: "three" } },
      { id: "a", edit: { tags: { team: null } } },
    ]);
    expect(after.names).toEqual(["one", "three"]);
    expect(after.columns[0]?.values).toEqual([null, null]);
    expect(after.columns[1]).toBe(table.columns[1]);
    expect(table.names).toEqual(["one", "two"]);
  });

  it("is the same table where no row is touched", () => {
    expect(patched(table, [{ id: "z", edit: { name: "no" } }])).toBe(table);
  });
});

describe("a run after a change", () => {
  const run = { info: { run_id: "a", run_name: "one" }, tags: { team: "x", note: "old" } } as unknown as RunDetail;

  it("has its new name and tags, and none that were removed", () => {
    const after = patchedRun(run, { name: "two", tags: { team: null, note: "new" } });
    expect(after.info.run_name).toBe("two");
    expect(after.tags).toEqual({ note: "new" });
    expect(patchedRun(run, { deleted: true })).toEqual(run);
  });
});
