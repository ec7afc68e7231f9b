import { describe, expect, it } from "vitest";
import { Gather } from "./gather";

it("asks for what is alike together, at most so many keys at once", async () => {
  const asked: string[][] = [];
  const gather = new Gather<string>();
  const ask = (alike: string, key: string) => gather.ask(alike, key, 2, (keys) => (asked.push(keys), Promise.resolve(`${alike}:${keys.join()}`)));
  const answers = await Promise.all([ask("a", "x"), ask("a", "y"), ask("b", "x"), ask("a", "x"), ask("a", "z")]);
  expect(answers).toEqual(["a:x,y", "a:x,y", "b:x", "a:x,y", "a:z"]);
  expect(asked.length).toBe(3);
});

it("asks anew once an answer is under way", async () => {
  const gather = new Gather<number>();
  let count = 0;
  const ask = () => gather.ask("a", "x", 9, () => Promise.resolve((count += 1)));
  expect(await ask()).toBe(1);
  expect(await ask()).toBe(2);
});

describe("those who leave", () => {
  const leaves = () => Array.from({ length: 3 }, () => new AbortController());

  it("are not asked for, and take the question back once nobody waits", async () => {
    const asked: string[][] = [];
    const taken: AbortSignal[] = [];
    const gather = new Gather<string>();
    const [a, b, c] = leaves();
    const send = (keys: string[], signal: AbortSignal) => (asked.push(keys), taken.push(signal), Promise.resolve(""));
    const answers = [gather.ask("a", "x", 9, send, a?.signal), gather.ask("a", "y", 9, send, b?.signal), gather.ask("a", "z", 9, send, c?.signal)];
    b?.abort();
    await Promise.all(answers);
    expect(asked).toEqual([["x", "z"]]);
    a?.abort();
    expect(taken[0]?.aborted).toBe(false);
    c?.abort();
    expect(taken[0]?.aborted).toBe(true);
  });

  it("ask nothing where all leave at once, and hold up nobody who comes after", async () => {
    const asked: string[][] = [];
    const gather = new Gather<string>();
    const [a] = leaves();
    const send = (keys: string[]) => (asked.push(keys), Promise.resolve("answer"));
    const gone = gather.ask("a", "x", 9, send, a?.signal);
    a?.abort();
    const answer = gather.ask("a", "x", 9, send);
    await expect(gone).rejects.toThrow();
    expect(await answer).toBe("answer");
    expect(asked).toEqual([["x"]]);
  });
});
