import { expect, it } from "vitest";
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
