import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { runModelsQuery } from "../../api/models";
import { Button } from "../../ui/Button";
import { Part } from "./Chips";
import s from "./Models.module.css";
import { RegisterDialog } from "./RegisterDialog";

/** Models that a run has logged, the versions made of them, and the way to make another. Nothing for a run without any. */
export function RunModels({ runId }: { runId: string }) {
  const { data } = useQuery(runModelsQuery(runId));
  const [asking, setAsking] = useState(false);
  if (!data || (data.models.length === 0 && data.versions.length === 0)) return null;
  const named = new Set(data.models.flatMap((one) => one.versions.map((version) => `${version.name}/${version.version}`)));
  const others = data.versions.filter((one) => !named.has(`${one.name}/${one.version}`));
  return (
    <div className={s.ofRun} data-testid="run-models">
      <Part
        title="Models"
        count={data.models.length}
        tools={
          data.models.length > 0 && (
            <Button kind="quiet" icon="plus" onClick={() => setAsking(true)}>
              Register
            </Button>
          )
        }
      >
        <dl className={s.list}>
          {data.models.map((one) => (
            <div key={one.model_id || one.path}>
              <dt dir="auto">
                {one.folder ? (
                  <Link to="/runs/$runId/artifacts/$" params={{ runId, _splat: `${one.folder}/MLmodel` }}>
                    {one.name}
                  </Link>
                ) : (
                  one.name
                )}
              </dt>
              <dd>{one.versions.length > 0 ? <Versions versions={one.versions} /> : <span className={s.faint}>not registered</span>}</dd>
            </div>
          ))}
          {others.length > 0 && (
            <div>
              <dt>also registered</dt>
              <dd>
                <Versions versions={others} />
              </dd>
            </div>
          )}
        </dl>
      </Part>
      {asking && <RegisterDialog runId={runId} onClose={() => setAsking(false)} />}
    </div>
  );
}

function Versions({ versions }: { versions: readonly { name: string; version: number }[] }) {
  return (
    <span className={s.chips}>
      {versions.map(({ name, version }) => (
        <Link key={`${name}/${version}`} to="/models/$name/versions/$version" params={{ name, version: String(version) }} dir="auto">
          {name} version {version}
        </Link>
      ))}
    </span>
  );
}
