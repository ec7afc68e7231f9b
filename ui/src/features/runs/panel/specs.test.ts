import { describe, expect, it } from "vitest";
import { applyBrush, readBrushes, withoutBrushes } from "./brush";
import { arrange, autoSpec, changeSpec, moveSpec, OWN, type PanelSpec, readSpecs, TALL, writeSpecs } from "./specs";

const scatter: PanelSpec = { kind: "scatter", x: "params.a;b|c%", y: "=log(`val/loss`), 2", trend: true, wide: 2, tall: 400 };
const ids = (specs: readonly PanelSpec[], keys = ["a", "b", "c", "val/x"]) => arrange(keys, "", specs).map((section) => [section.name, section.panels.map((panel) => panel.id).join(" ")]);

describe("charts in the address", () => {
  it("come back as they were, whatever their keys", () => {
    const specs: PanelSpec[] = [scatter, { kind: "parallel", keys: ["params.lr", "metrics.a,b", "x|y"], wide: 1, tall: TALL }, { kind: "line", m: "loss", off: true, wide: 1, tall: TALL }];
    expect(readSpecs(writeSpecs(specs) ?? "")).toEqual(specs);
  });

  it("take no harm from nonsense", () => {
    expect(readSpecs("pie;x=1,line;m=a;w=99;h=x,;;=,scatter")).toEqual([
      { kind: "line", m: "a", wide: 4, tall: TALL },
      { kind: "scatter", wide: 1, tall: TALL },
    ]);
    expect(writeSpecs([])).toBeUndefined();
  });
});

describe("order, size and removal", () => {
  it("make themselves by prefix, the added ones on top", () => {
    expect(ids([scatter])).toEqual([
      [OWN, "own-0"],
      ["", "a b c"],
      ["val", "val/x"],
    ]);
  });

  it("say no more than what was moved", () => {
    const section = arrange(["a", "b", "c", "d"], "", [])[0];
    if (!section) throw new Error("no section");
    const moved = moveSpec([], section, "b", 0);
    expect(writeSpecs(moved)).toBe("line;m=b,line;m=a");
    expect(ids(moved)[0]).toEqual(["", "b a c"]);
    const again = moveSpec(moved, arrange(["a", "b", "c", "d"], "", moved)[0] ?? section, "d", 1);
    expect(ids(again, ["a", "b", "c", "d"])[0]).toEqual(["", "b d a c"]);
  });

  it("remove, resize and bring back", () => {
    const without = changeSpec([], "b", null);
    expect(ids(without)[0]).toEqual(["", "a c"]);
    expect(ids(without.filter((spec) => !spec.off))[0]).toEqual(["", "a b c"]);
    expect(changeSpec([scatter], "own-0", null)).toEqual([]);
    expect(writeSpecs(changeSpec([], "a", { wide: 2, tall: 384 }))).toBe("line;m=a;w=2;h=384");
  });
});

describe("brushes in the filter", () => {
  const loss = { id: "metrics.val/loss:min", name: "val/loss", values: [0.1, 0.5, null] };
  const lr = { id: "params.lr", name: "lr", values: ["0.1", "0.01", "it's", null] };

  it("are put, replaced, read back and taken away", () => {
    const one = applyBrush("tags.team = 'a'", loss, { from: 0.05, to: 0.2 });
    expect(one).toBe("tags.team = 'a' and min(metrics.val/loss) >= 0.05 and min(metrics.val/loss) <= 0.2");
    const two = applyBrush(one, loss, { from: 0.4, to: 1e-7 });
    expect(two).not.toContain("0.05");
    expect(readBrushes(two, [loss.id, lr.id])).toEqual(new Map([[loss.id, { from: 0.4, to: 1e-7 }]]));
    expect(applyBrush(two, loss, null)).toBe("tags.team = 'a'");
  });

  it("list the values of a param, quotes and all", () => {
    const filter = applyBrush("", lr, { from: 0.005, to: 0.05 });
    expect(filter).toBe("params.lr IN ('0.01')");
    const quoted = applyBrush(filter, lr, { values: ["it's", "0.1"] });
    expect(quoted).toBe("params.lr IN ('it''s', '0.1')");
    expect(readBrushes(quoted, [lr.id]).get(lr.id)).toEqual({ values: ["it's", "0.1"] });
  });

  it("leave what a person wrote as it is", () => {
    const own = "metrics.loss < 3 or params.lr = '0.1'";
    expect(withoutBrushes(own, [lr.id])).toBe(own);
    expect(applyBrush(own, lr, { values: ["0.1"] })).toBe(`(${own}) and params.lr IN ('0.1')`);
  });

  it("say what cannot be said", () => {
    expect(() => applyBrush("", { id: "=a+b", name: "a+b", values: [] }, { from: 0, to: 1 })).toThrow("expression");
    expect(() => applyBrush("", lr, { from: 7, to: 8 })).toThrow("No value");
  });
});

it("shows the objective first, and in its section after what somebody moved", () => {
  const names = (specs: readonly PanelSpec[], objective: string) => arrange(["a", "b", "val/x", "val/y", "val/z"], "", specs, objective).map((section) => `${section.name}: ${section.panels.map((panel) => panel.id).join(" ")}`);
  expect(names([], "val/z")).toEqual(["val: val/z val/x val/y", ": a b"]);
  expect(names([{ ...autoSpec("val/y") }], "val/z")).toEqual(["val: val/y val/z val/x", ": a b"]);
  expect(names([], "nothing")).toEqual([": a b", "val: val/x val/y val/z"]);
});
