import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Navigate } from "@tanstack/react-router";
import { ApiError } from "../api/http";
import { viewQuery } from "../api/views";
import { Empty, Trouble } from "../ui/Empty";
import { Page } from "../ui/Page";

const route = getRouteApi("/v/$key");

/** A saved view's short address goes on to the whole one. */
export function ViewRoute() {
  const { key } = route.useParams();
  const { data, error, refetch, isFetching } = useQuery(viewQuery(key));
  if (data && !isFetching) {
    const search = { ...data.search, v: key };
    if (data.search["exp"]) return <Navigate to="/runs" search={search} replace />;
    return <Navigate to="/experiments/$experimentId/runs" params={{ experimentId: data.experiment_id }} search={search} replace />;
  }
  if (error instanceof ApiError && error.status === 404) {
    return (
      <Page title="No such view" heading="This view is not here">
        <Empty icon="search" title="Somebody may have deleted it">
          <p>{error.message}</p>
          <p>
            <Link to="/experiments">All experiments</Link>
          </p>
        </Empty>
      </Page>
    );
  }
  return (
    <Page title="Saved view">
      {error ? <Trouble error={error} onRetry={() => void refetch()} /> : <p role="status">Opening the view …</p>}
    </Page>
  );
}
