/** All runs of a table at once: groups, values of a column, the table as a file. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ask, savePosted } from "./http";
import type { GroupsAnswer, GroupsRequest, TableFileRequest, ValuesAnswer, ValuesRequest } from "./schema.gen";

export type GroupSpec = Required<Omit<GroupsRequest, "offset" | "limit">>;

/** Groups of one answer at most. */
export const MOST_GROUPS = 1_000;

export const groupsQuery = (spec: GroupSpec) =>
  queryOptions({
    queryKey: ["table", "groups", spec],
    queryFn: ({ signal }) => ask<GroupsAnswer>("runs/groups", { method: "POST", body: { ...spec, limit: MOST_GROUPS }, signal }),
    placeholderData: keepPreviousData,
  });

export const valuesQuery = (wanted: ValuesRequest) =>
  queryOptions({
    queryKey: ["values", wanted],
    queryFn: ({ signal }) => ask<ValuesAnswer>("runs/values", { method: "POST", body: wanted, signal }),
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  });

export const saveTable = (wanted: TableFileRequest): Promise<void> => savePosted("runs/file", wanted);
