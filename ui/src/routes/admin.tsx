import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { experimentQuery } from "../api/experiments";
import { Permissions } from "../features/admin/Permissions";

export { Groups as GroupsRoute } from "../features/admin/Groups";
export { Users as UsersRoute } from "../features/admin/Users";
export { Webhooks as WebhooksRoute } from "../features/admin/Webhooks";

const ofExperiment = getRouteApi("/experiments/$experimentId/permissions");
const ofModel = getRouteApi("/models/$name/permissions");

export function ExperimentPermissionsRoute() {
  const { experimentId } = ofExperiment.useParams();
  const { data } = useQuery(experimentQuery(experimentId));
  return (
    <Permissions
      key={experimentId}
      kind="experiment"
      resource={experimentId}
      name={data?.name ?? `experiment ${experimentId}`}
      back={
        <Link to="/experiments/$experimentId/runs" params={{ experimentId }}>
          Its runs
        </Link>
      }
    />
  );
}

export function ModelPermissionsRoute() {
  const { name } = ofModel.useParams();
  return (
    <Permissions
      key={name}
      kind="registered_model"
      resource={name}
      name={name}
      back={
        <Link to="/models/$name" params={{ name }}>
          The model
        </Link>
      }
    />
  );
}
