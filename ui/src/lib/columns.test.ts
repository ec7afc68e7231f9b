import { describe, expect, it } from "vitest";
import { column, columnId, joinList, joinSort, nextSort, orderTerm, parseColumn, parseSort, quoteKey, splitList, withStat } from "./columns";

describe("columns in links", () => {
  it.each(["metrics.m3", "metrics.m3:max", "params.p0", "tags.mlflow.user", "metrics.val/loss", "params.a:max"])("%s comes back", (text) => {
    const spec = parseColumn(text);
    expect(spec && columnId(spec)).toBe(text);
  });

  it("refuses what is no column", () => {
    expect(parseColumn("m3")).toBeNull();
    expect(parseColumn("metrics.")).toBeNull();
    expect(parseColumn("nothing.x")).toBeNull();
  });

  it("keeps commas and backslashes in keys", () => {
    const items = ["params.a,b", "params.c\\d", "metrics.e"];
    expect(splitList(joinList(items))).toEqual(items);
    expect(splitList("")).toEqual([]);
  });
});

describe("sorting", () => {
  it("goes natural, turned, off", () => {
    const first = nextSort([], "metrics.acc", false, true);
    expect(joinSort(first)).toBe("-metrics.acc");
    const second = nextSort(first, "metrics.acc", false, true);
    expect(joinSort(second)).toBe("metrics.acc");
    expect(nextSort(second, "metrics.acc", false, true)).toEqual([]);
  });

  it("keeps the first key with Shift, drops it without", () => {
    const one = parseSort("-metrics.acc");
    expect(joinSort(nextSort(one, "params.lr", true, false))).toBe("-metrics.acc,params.lr");
    expect(joinSort(nextSort(one, "params.lr", false, false))).toBe("params.lr");
    expect(joinSort(nextSort(parseSort("-metrics.acc,params.lr"), "metrics.acc", true, true))).toBe("metrics.acc,params.lr");
  });

  it("asks in the filter's grammar", () => {
    expect(orderTerm({ id: "metrics.m3", descending: true })).toBe("metrics.m3 DESC");
    expect(orderTerm({ id: "metrics.m3:min", descending: false })).toBe("min(metrics.m3) ASC");
    expect(orderTerm({ id: "params.learning rate", descending: false })).toBe("params.`learning rate` ASC");
    expect(quoteKey("odd`key")).toBe("`odd``key`");
    expect(columnId(column("metrics", "m", "last"))).toBe("metrics.m");
  });
});

it("sorts on by the new statistic of a column", () => {
  const keys = parseSort("-metrics.loss,params.lr");
  expect(joinSort(withStat(keys, column("metrics", "loss"), "min"))).toBe("-metrics.loss:min,params.lr");
});
