import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Pace } from "./pace";

vi.stubGlobal("document", { baseURI: "http://localhost/", hidden: false, addEventListener: () => undefined });
const { concerns } = await import("./live");

const change = (runs: string[], experiments: string[] = [], more = false) => ({ run_ids: runs, experiment_ids: experiments, more });

describe("what a change concerns", () => {
  it("asks again only for the runs that changed", () => {
    expect(concerns(["run", "a"], change(["a"]))).toBe(true);
    expect(concerns(["run", "b"], change(["a"]))).toBe(false);
    expect(concerns(["metrics", "a", {}, 0], change(["a"]))).toBe(true);
    expect(concerns(["series", ["a", "b"], "loss"], change(["b"]))).toBe(true);
    expect(concerns(["series", ["c"], "loss"], change(["b"]))).toBe(false);
    expect(concerns(["verdict", ["a", "b"], "loss", ""], change(["b"]))).toBe(true);
    expect(concerns(["artifacts", "a", ""], change(["a"]))).toBe(true);
    expect(concerns(["difference", "a", ""], change(["a"]))).toBe(true);
    expect(concerns(["difference", "b", ""], change(["a"]))).toBe(false);
  });

  it("asks again for lists and tables", () => {
    expect(concerns(["table", {}, 0], change(["a"]))).toBe(true);
    expect(concerns(["grouped", {}], change(["a"]))).toBe(true);
    expect(concerns(["experiments", "active", ""], change([], ["1"]))).toBe(true);
    expect(concerns(["experiment", "2"], change([], ["1"]))).toBe(false);
  });

  it("asks again for models after any change: an event does not name them", () => {
    for (const key of ["models", "model", "version", "run-models"]) expect(concerns([key, "iris"], change([]))).toBe(true);
    expect(concerns(["table", {}, 0], change([]))).toBe(false);
  });

  it("asks for everything when the server lost count, but never again for the console, which goes on by itself", () => {
    expect(concerns(["run", "b"], change([], [], true))).toBe(true);
    expect(concerns(["console", "a"], change(["a"], [], true))).toBe(false);
  });
});

describe("pace", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("hands the first on at once, then gathers", () => {
    const out = vi.fn();
    const pace = new Pace(1000, out);
    pace.add(change(["a"]));
    vi.advanceTimersByTime(1);
    expect(out).toHaveBeenCalledTimes(1);
    for (const id of ["a", "b", "b", "c"]) pace.add(change([id]));
    vi.advanceTimersByTime(900);
    expect(out).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(200);
    expect(out).toHaveBeenLastCalledWith(change(["a", "b", "c"]));
  });

  it("hands on an event without ids, which is of the registry", () => {
    const out = vi.fn();
    new Pace(1000, out).add(change([]));
    vi.advanceTimersByTime(5000);
    expect(out).toHaveBeenCalledExactlyOnceWith(change([]));
  });
});
