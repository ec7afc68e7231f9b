/** All runs of a table at once: groups, values of a column, the table as a file. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ask, savePosted } from "./http";
import type { EqualAnswer, EqualRequest, GroupsAnswer, GroupsRequest, TableFileRequest, ValuesAnswer, ValuesRequest } from "./schema.gen";

export type GroupSpec = Required<Omit<GroupsRequest, "offset" | "limit">>;

/** Groups of one answer at most. */
export const MOST_GROUPS = 1_000;

export const groupsQuery = (spec: GroupSpec) =>
  queryOptions({
    queryKey: ["grouped", spec],
    queryFn: ({ signal }) => ask<GroupsAnswer>("runs/groups", { method: "POST", body: { ...spec, limit: MOST_GROUPS }, signal }),
    placeholderData: keepPreviousData,
  });

/** Params with one value in all matching runs. */
export const equalQuery = ({ experiment_ids, filter, view }: Required<EqualRequest>) =>
  queryOptions({
    queryKey: ["equal", experiment_ids, filter, view],
    queryFn: ({ signal }) => ask<EqualAnswer>("runs/equal", { method: "POST", body: { experiment_ids, filter, view } satisfies EqualRequest, signal }),
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  });

export const valuesQuery = (wanted: ValuesRequest) =>
  queryOptions({
    queryKey: ["values", wanted],
    queryFn: ({ signal }) => ask<ValuesAnswer>("runs/values", { method: "POST", body: wanted, signal }),
    placeholderData: (last, before) => ((before?.queryKey[1] as ValuesRequest | undefined)?.column === wanted.column ? last : undefined),
    staleTime: 5_000,
  });

export const saveTable = (wanted: TableFileRequest): Promise<void> => savePosted("runs/file", wanted);
