import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { traceQuery } from "../api/traces";
import { Crumbs, Here } from "../features/shell/Crumbs";

export default function TraceWay({ id }: { id: string }) {
  const { data } = useQuery(traceQuery(id));
  const params = { experimentId: data?.trace.experiment_id ?? "" };
  const here = <Here key="here">{data?.trace.name || id.slice(0, 16)}</Here>;
  if (!data) return <Crumbs>{[here]}</Crumbs>;
  return (
    <Crumbs>
      {[
        <Link key="experiment" to="/experiments/$experimentId/runs" params={params} dir="auto">
          {data.experiment_name}
        </Link>,
        <Link key="traces" to="/experiments/$experimentId/traces" params={params}>
          Traces
        </Link>,
        here,
      ]}
    </Crumbs>
  );
}
