/** Small curves for cells: all that come into sight at one moment are asked for together. */

import { queryOptions } from "@tanstack/react-query";
import { ask } from "./http";
import type { SeriesAnswer } from "./schema.gen";
import { Sparks } from "./sparkBatch";

const sparks = new Sparks((body, signal) => ask<SeriesAnswer>("runs/series", { method: "POST", body, signal }));

export const sparkQuery = (run: string, key: string) =>
  queryOptions({
    // The first word and the list make it one of the curves that live changes concern.
    queryKey: ["series", [run], key, "spark"],
    queryFn: ({ signal }) => sparks.ask(run, key, signal),
  });
