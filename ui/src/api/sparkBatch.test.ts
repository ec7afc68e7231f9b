import { expect, it } from "vitest";
import type { SeriesRequest } from "./schema.gen";
import { Sparks } from "./sparkBatch";

it("asks for all cells of one moment in one question", async () => {
  const asked: SeriesRequest[] = [];
  const sparks = new Sparks((body) => {
    asked.push(body);
    const series = body.run_ids.filter((run) => run !== "b").map((run_id) => ({ run_id, key: "loss", steps: [0], values: [1], timestamps: [0], total: 1 }));
    return Promise.resolve({ series });
  });
  const [a, b, c] = await Promise.all([sparks.ask("a", "loss"), sparks.ask("b", "loss"), sparks.ask("a", "acc")]);
  expect(asked.map(({ run_ids, keys }) => [run_ids, keys])).toEqual([[["a", "b"], ["loss", "acc"]]]);
  expect([a?.run_id, b, c]).toEqual(["a", null, null]);
  await sparks.ask("a", "loss");
  expect(asked).toHaveLength(2);
});

it("splits what is too much for one answer", async () => {
  const asked: number[] = [];
  const sparks = new Sparks((body) => (asked.push(body.run_ids.length * body.keys.length), Promise.resolve({ series: [] })));
  await Promise.all(Array.from({ length: 6_000 }, (_, i) => sparks.ask(`r${i}`, "loss")));
  expect(asked.length).toBeGreaterThan(1);
  expect(Math.max(...asked)).toBeLessThanOrEqual(5_000);
});

it("leaves out the cells that were scrolled away before it asked, and takes back what nobody waits for", async () => {
  const asked: SeriesRequest[] = [];
  let taken: AbortSignal | undefined;
  const sparks = new Sparks((body, signal) => (asked.push(body), (taken = signal), Promise.resolve({ series: [] })));
  const [away, stays] = [new AbortController(), new AbortController()];
  const answers = [sparks.ask("a", "loss", away.signal), sparks.ask("b", "loss", stays.signal)];
  away.abort();
  await Promise.all(answers);
  expect(asked.map(({ run_ids }) => run_ids)).toEqual([["b"]]);
  stays.abort();
  expect(taken?.aborted).toBe(true);
});
