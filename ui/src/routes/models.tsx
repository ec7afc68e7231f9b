import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { CompareVersions } from "../features/models/CompareVersions";
import { ModelPage } from "../features/models/ModelPage";
import { Models } from "../features/models/Models";
import { VersionPage } from "../features/models/VersionPage";
import { splitList } from "../lib/columns";
import { useAddress } from "./useAddress";

interface ModelsSearch {
  q?: string | undefined;
  order?: string | undefined;
}

const list = getRouteApi("/models");
const model = getRouteApi("/models/$name");
const version = getRouteApi("/models/$name/versions/$version");
const compare = getRouteApi("/models/$name/compare");

/** An order is a place to come back to; what is typed is not. */
const isStep = (change: ModelsSearch): boolean => "order" in change;

export function ModelsRoute() {
  const [{ q, order }, write] = useAddress<ModelsSearch>(list, isStep);
  return (
    <Models
      q={q ?? ""}
      order={order === "updated" ? "updated" : "name"}
      onQ={(text) => write({ q: text || undefined })}
      onOrder={(chosen) => write({ order: chosen === "updated" ? chosen : undefined })}
    />
  );
}

export function ModelRoute() {
  const { name } = model.useParams();
  const navigate = useNavigate();
  return (
    <ModelPage
      key={name}
      name={name}
      onCompare={(versions) => void navigate({ to: "/models/$name/compare", params: { name }, search: { v: versions.join(",") } })}
    />
  );
}

export function VersionRoute() {
  const { name, version: number } = version.useParams();
  return <VersionPage key={`${name}/${number}`} name={name} version={Number(number)} />;
}

export function CompareVersionsRoute() {
  const { name } = compare.useParams();
  const { v } = compare.useSearch();
  const versions = useMemo(() => [...new Set(splitList(v ?? "").map(Number))].filter((one) => Number.isInteger(one) && one > 0), [v]);
  return <CompareVersions name={name} versions={versions} />;
}
