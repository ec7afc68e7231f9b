/** What the page has in memory already: every answer that was asked for until now. */

import type { QueryClient } from "@tanstack/react-query";
import type { Experiments, Keys, Models, RunDetail, RunsTable } from "../../api/schema.gen";
import type { Find } from "./finds";

/** Runs that are looked through; the server knows the others. */
const MOST = 3_000;

export function memory(client: QueryClient): Find[] {
  const found = new Map<string, Find>();
  const add = (find: Find) => {
    const key = `${find.kind} ${find.id}`;
    if (!found.has(key) && found.size < MOST) found.set(key, find);
  };
  for (const [[name, kind], data] of client.getQueriesData<unknown>({})) {
    if (!data) continue;
    if (name === "experiments") {
      for (const one of (data as Experiments).experiments) add({ kind: "experiment", id: one.experiment_id, name: one.name });
    } else if (name === "models") {
      for (const one of (data as Models).models) add({ kind: "model", id: one.name, name: one.name });
    } else if (name === "keys" && kind !== "tags") {
      for (const one of (data as Keys).keys.slice(0, 500)) add({ kind: kind === "metrics" ? "metric" : "param", id: one.key, name: one.key });
    } else if (name === "run") {
      const { info, experiment_name } = data as RunDetail;
      add({ kind: "run", id: info.run_id, name: info.run_name || info.run_id.slice(0, 8), detail: experiment_name });
    } else if (name === "table") {
      const table = data as RunsTable;
      table.run_ids?.forEach((id, i) => add({ kind: "run", id, name: table.names[i] || id.slice(0, 8) }));
    }
  }
  return [...found.values()];
}
