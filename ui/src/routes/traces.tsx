import { getRouteApi } from "@tanstack/react-router";
import type { TracesSearch } from "../features/traces/search";
import { TracePage } from "../features/traces/TracePage";
import { TracesPage } from "../features/traces/TracesPage";
import { useAddress } from "./useAddress";

const list = getRouteApi("/experiments/$experimentId/traces");
const one = getRouteApi("/traces/$traceId");

export function TracesRoute() {
  const { experimentId } = list.useParams();
  const [search, onSearch] = useAddress<TracesSearch>(list);
  return <TracesPage experiment={experimentId} search={search} onSearch={onSearch} />;
}

export function TraceRoute() {
  const { traceId } = one.useParams();
  const [{ span }, write] = useAddress<{ span?: string | undefined }>(one);
  return <TracePage key={traceId} id={traceId} span={span} onSpan={(id) => write({ span: id })} />;
}
