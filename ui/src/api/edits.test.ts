import { QueryClient } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";

afterEach(() => vi.unstubAllGlobals());

test("changes are sent in the order they were made, and what was before is asked after them", async () => {
  vi.stubGlobal("document", { baseURI: "http://here/" });
  const { applyChanges, before } = await import("./edits");
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    asked.push(`${init.method} ${String(url).split("/").pop()} ${init.method === "PATCH" ? String(init.body) : ""}`.trim());
    const body = init.method === "PATCH" ? {} : { run_ids: ["a"], names: ["second"], columns: [] };
    return new Promise<Response>((answered) => answers.push(() => answered(new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } }))));
  });
  const client = new QueryClient();
  const first = applyChanges(client, [{ id: "a", edit: { name: "first" } }]);
  const second = applyChanges(client, [{ id: "a", edit: { name: "second" } }]);
  const was = new Promise((found) => setTimeout(() => found(before(["a"], [], { name: true })), 5));
  for (const n of [1, 2, 3]) {
    await vi.waitFor(() => expect(answers).toHaveLength(n));
    await new Promise((passed) => setTimeout(passed, 10));
    expect(answers).toHaveLength(n);
    answers[n - 1]?.();
  }
  await Promise.all([first, second]);
  expect(await was).toEqual([{ id: "a", edit: { name: "second" } }]);
  expect(asked).toEqual(['PATCH a {"name":"first"}', 'PATCH a {"name":"second"}', "POST table"]);
});

test("a run is changed where groups of runs were looked at, too", async () => {
  vi.stubGlobal("document", { baseURI: "http://here/" });
  const { applyChanges } = await import("./edits");
  const { groupsQuery } = await import("./table");
  vi.stubGlobal("fetch", () => Promise.resolve(new Response("{}", { headers: { "Content-Type": "application/json" } })));
  const client = new QueryClient();
  const { queryKey } = groupsQuery({ experiment_ids: [], filter: "", view: "active", by: [], columns: [], order_by: "" });
  client.setQueryData(queryKey, { by: [], total: 1, matched: 2, offset: 0, values: [[]], runs: [2], columns: [] });
  await applyChanges(client, [{ id: "a", edit: { name: "first" } }]);
  expect(client.getQueryState(queryKey)?.isInvalidated).toBe(true);
});
