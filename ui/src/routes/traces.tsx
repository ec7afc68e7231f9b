import { getRouteApi } from "@tanstack/react-router";
import { TracePage } from "../features/traces/TracePage";
import { TracesPage } from "../features/traces/TracesPage";

const list = getRouteApi("/experiments/$experimentId/traces");
const one = getRouteApi("/traces/$traceId");

export function TracesRoute() {
  const { experimentId } = list.useParams();
  const navigate = list.useNavigate();
  return <TracesPage experiment={experimentId} search={list.useSearch()} onSearch={(change) => void navigate({ replace: true, search: (old) => ({ ...old, ...change }) })} />;
}

export function TraceRoute() {
  const { traceId } = one.useParams();
  const { span } = one.useSearch();
  const navigate = one.useNavigate();
  return <TracePage key={traceId} id={traceId} span={span} onSpan={(id) => void navigate({ replace: true, search: { span: id } })} />;
}
