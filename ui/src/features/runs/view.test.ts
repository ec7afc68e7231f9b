import { describe, expect, it } from "vitest";
import type { Key } from "../../api/schema.gen";
import { columnId } from "../../lib/columns";
import { isOpened, defaultColumns, equalParams, readView, withoutRuns, writeView } from "./view";

const key = (name: string, distinct = 2): Key => ({ key: name, runs: 10, distinct });

describe("the first look", () => {
  it("shows differing params, the objective, then other metrics; no system metrics", () => {
    const shown = defaultColumns(
      [key("lr"), key("model", 1), key("depth")],
      [key("loss"), key("accuracy"), key("system/cpu")],
      { key: "accuracy", direction: "max", guessed: true, statistic: "last", unit: "" },
    );
    expect(shown.map(columnId)).toEqual(["params.lr", "params.depth", "metrics.accuracy", "metrics.loss"]);
    const mean = { key: "loss", direction: "min", guessed: false, statistic: "mean", unit: "nats" } as const;
    expect(defaultColumns([], [key("loss"), key("accuracy")], mean).map(columnId)).toEqual(["metrics.loss:mean", "metrics.accuracy"]);
  });

  it("leaves room for metrics when many params differ", () => {
    const params = Array.from({ length: 20 }, (_, i) => key(`p${i}`));
    const metrics = Array.from({ length: 20 }, (_, i) => key(`m${i}`));
    const shown = defaultColumns(params, metrics, null).map(columnId);
    expect(shown).toHaveLength(12);
    expect(shown.filter((id) => id.startsWith("params."))).toHaveLength(6);
  });

  it("folds what is equal", () => {
    expect(equalParams([key("a", 1), key("b", 2)])).toEqual(["a"]);
    const alone = [{ key: "lr", runs: 1, distinct: 1 }];
    expect(equalParams(alone)).toEqual([]);
    expect(defaultColumns(alone, [], null).map(columnId)).toEqual(["params.lr"]);
  });
});

describe("the address", () => {
  it("brings the view back", () => {
    const search = writeView({
      filter: "metrics.a > 1",
      hidden: ["r9"],
      sort: [{ id: "metrics.a", descending: true }],
      columns: [{ kind: "metrics", key: "a,b", stat: "max" }],
      trash: true,
      selected: ["r1", "r2"],
      group: ["params.a,b"],
      tree: true,
      opened: ["r3"],
      pins: ["r4"],
      fixed: ["metrics.a,b:max"],
      cells: { "metrics.a,b:max": "bar" },
    });
    expect(readView(search)).toEqual({
      filter: "metrics.a > 1",
      hidden: ["r9"],
      sort: [{ id: "metrics.a", descending: true }],
      columns: [{ kind: "metrics", key: "a,b", stat: "max" }],
      trash: true,
      selected: ["r1", "r2"],
      group: ["params.a,b"],
      tree: true,
      opened: ["r3"],
      pins: ["r4"],
      fixed: ["metrics.a,b:max"],
      cells: { "metrics.a,b:max": "bar" },
    });
    expect(readView({ group: "auto" }).group).toEqual([]);
    expect(readView({}).group).toBeNull();
  });

  it("says nothing about a plain view", () => {
    expect(Object.values(writeView({ filter: "", sort: [], columns: null, trash: false, selected: [] })).filter(Boolean)).toEqual([]);
    expect(readView({}).columns).toBeNull();
  });

  it("understands a bare metric", () => {
    expect(readView({ cols: "m3,m3:max,params.p0" }).columns?.map(columnId)).toEqual(["metrics.m3", "metrics.m3:max", "params.p0"]);
  });
});

describe("hidden runs", () => {
  it("are kept in the address, and only ids", () => {
    expect(readView(writeView({ hidden: ["ab12", "cd"] })).hidden).toEqual(["ab12", "cd"]);
    expect(readView({ hide: "ab,x') or (1" }).hidden).toEqual(["ab"]);
  });

  it("leave the filter's own or in its place", () => {
    expect(withoutRuns("", [])).toBe("");
    expect(withoutRuns("", ["a"])).toBe("attributes.run_id NOT IN ('a')");
    expect(withoutRuns("x = 1 or y = 2", ["a", "b"])).toBe("(x = 1 or y = 2) AND attributes.run_id NOT IN ('a', 'b')");
  });
});

it("keeps that all are opened but some, in an address too", () => {
  const opened = ["*", ...Array.from({ length: 99 }, (_, i) => `r${i}`)];
  const back = readView(writeView({ opened })).opened;
  expect([back[0], back.length, isOpened(back, "r98"), isOpened(back, "other"), isOpened(["r1"], "r1")]).toEqual(["*", 61, false, true, true]);
});
