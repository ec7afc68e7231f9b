/** What was logged again and again, pictures and tables, at one step for all: a slider moves through a run's training. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { artifactAddress, artifactsQuery, artifactTextQuery } from "../../api/artifacts";
import { runQuery } from "../../api/runs";
import { atStep, imageGroups, type StepGroup, stepsOf, tableGroups } from "../../lib/content/steps";
import { readTable } from "../../lib/content/table";
import { plural } from "../../lib/format";
import { Empty, Waiting } from "../../ui/Empty";
import { Rows } from "./Sheet";
import { Preview } from "./viewers/Preview";
import s from "./Media.module.css";

const TABLES = "mlflow.loggedArtifacts";
const MOST = 2 * 1024 * 1024;

export function Media({ runId }: { runId: string }) {
  const { data: run } = useQuery(runQuery(runId));
  const { data: files, isPending } = useQuery({ ...artifactsQuery(runId, "images"), retry: false });
  const tag = run?.tags[TABLES];
  const groups = useMemo(() => [...imageGroups(files ?? []), ...tableGroups(tag)], [files, tag]);
  const steps = useMemo(() => stepsOf(groups), [groups]);
  // until somebody moves the slider it stays at the end, where a run that goes on adds its steps
  const [chosen, setChosen] = useState<number | null>(null);
  if (!run || isPending) return <Waiting what="pictures and tables" />;
  if (groups.length === 0) {
    return (
      <Empty icon="file" title="No pictures or tables were logged">
        <p>
          <code>runstone.log_image(image, key="samples", step=step)</code> and <code>runstone.log_table(data, "table.json")</code> appear here, all at one step.
        </p>
      </Empty>
    );
  }
  const place = chosen === null ? steps.length - 1 : Math.max(0, steps.findLastIndex((step) => step <= chosen));
  const step = steps[place] ?? 0;
  return (
    <>
      {steps.length > 1 && (
        <div className={s.slider} data-screen-only>
          <input
            type="range"
            aria-label="Step"
            min={0}
            max={steps.length - 1}
            value={place}
            aria-valuetext={`step ${step}`}
            onChange={(event) => {
              const to = Number(event.target.value);
              setChosen(to === steps.length - 1 ? null : (steps[to] ?? null));
            }}
          />
          <output>
            step {step} · {place + 1} of {plural(steps.length, "step")}
          </output>
        </div>
      )}
      <div className={s.grid}>
        {groups.map((group) => (
          <Card key={group.kind + group.key} runId={runId} group={group} step={step} />
        ))}
      </div>
    </>
  );
}

function Card({ runId, group, step }: { runId: string; group: StepGroup; step: number }) {
  const file = atStep(group, step);
  return (
    <section className={`${s.card} ${group.kind === "table" ? s.wide : ""}`} aria-label={group.key}>
      <header>
        <h2 dir="auto">{group.key}</h2>
        {file && (
          <small>
            {group.files.length > 1 && `step ${file.step} · `}
            <Link to="/runs/$runId/artifacts/$" params={{ runId, _splat: file.path }}>
              File
            </Link>
          </small>
        )}
      </header>
      {!file && <p className={s.faint}>Nothing yet at this step; the first is step {group.files[0]?.step}.</p>}
      {file && group.kind === "image" && <img src={artifactAddress(runId, file.path)} alt={`${group.key} at step ${file.step}`} />}
      {file && group.kind === "table" && (file.path.endsWith(".parquet") ? <Preview runId={runId} path={file.path} /> : <TableAt runId={runId} path={file.path} />)}
    </section>
  );
}

function TableAt({ runId, path }: { runId: string; path: string }) {
  const { data, error } = useQuery(artifactTextQuery(runId, path, MOST));
  if (error) return <p className={s.faint}>{error.message}</p>;
  if (!data) return null;
  const table = data.cut ? null : readTable(data.text);
  if (!table) return <p className={s.faint}>{data.cut ? "This table is too large to be shown here; its file can be downloaded." : "This file is no table any more."}</p>;
  return <Rows head={table.head} rows={table.rows} />;
}
