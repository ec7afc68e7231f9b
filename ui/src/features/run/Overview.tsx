import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { runQuery, tableQuery } from "../../api/runs";
import type { DatasetInput, RunDetail } from "../../api/schema.gen";
import { formatCount } from "../../lib/format";
import { SearchField } from "../../ui/Field";
import { Status } from "../../ui/Status";
import { Block, Facts } from "./Block";
import { Changes } from "./Changes";
import { Context } from "./Context";
import { MetricsList } from "./MetricsList";
import { Notes } from "./Notes";
import s from "./Run.module.css";

export function Overview({ runId }: { runId: string }) {
  const { data: run } = useQuery(runQuery(runId));
  if (!run) return null;
  return (
    <div className={s.columns}>
      <div className={s.column}>
        <MetricsList runId={runId} />
        <Changes run={run} />
        <Context run={run} />
      </div>
      <div className={s.column}>
        <Params params={run.params} />
        <Notes run={run} />
        <Tags tags={run.tags} />
        <Datasets inputs={run.inputs} />
        <Family run={run} />
      </div>
    </div>
  );
}

const MANY = 12;

function Params({ params }: { params: Record<string, string> }) {
  const [find, setFind] = useState("");
  const all = Object.entries(params).sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
  const shown = all.filter(([key, value]) => `${key} ${value}`.toLowerCase().includes(find.toLowerCase()));
  return (
    <Block
      title="Params"
      count={all.length}
      tools={
        all.length > MANY && (
          <div className={s.search}>
            <SearchField label="Search params" value={find} onChange={(event) => setFind(event.target.value)} />
          </div>
        )
      }
    >
      {all.length ? (
        <div className={s.scroll} tabIndex={0} role="region" aria-label="List of params">
          <Facts facts={shown.slice(0, 500)} mono />
        </div>
      ) : (
        <p className={s.faint}>No param was logged.</p>
      )}
    </Block>
  );
}

const OWN_TAGS = /^(mlflow|runstone)\./;

function Tags({ tags }: { tags: Record<string, string> }) {
  const own = Object.entries(tags).filter(([key]) => !OWN_TAGS.test(key));
  if (own.length === 0) return null;
  return (
    <Block title="Tags" count={own.length}>
      <div className={s.chips}>
        {own.slice(0, 200).map(([key, value]) => (
          <span key={key} className={s.chip} dir="auto">
            <b>{key}</b> {value}
          </span>
        ))}
      </div>
    </Block>
  );
}

function Datasets({ inputs }: { inputs: readonly DatasetInput[] }) {
  if (inputs.length === 0) return null;
  return (
    <Block title="Datasets" count={inputs.length}>
      <Facts
        facts={inputs.map(({ dataset, tags }) => [
          tags?.find((tag) => tag.key === "mlflow.data.context")?.value || "used",
          <span key={dataset.digest}>
            {dataset.name} <span className={`${s.faint} mono`}>{dataset.digest}</span> <span className={s.faint}>{sizeWords(dataset.profile)}</span>
            <DatasetSchema text={dataset.schema} />
          </span>,
        ])}
      />
    </Block>
  );
}

interface SchemaColumn {
  name?: string;
  type?: string;
}

function DatasetSchema({ text }: { text: string | null | undefined }) {
  let columns: SchemaColumn[] = [];
  try {
    const read = (JSON.parse(text ?? "{}") ?? {}) as { mlflow_colspec?: unknown };
    if (Array.isArray(read.mlflow_colspec)) columns = read.mlflow_colspec as SchemaColumn[];
  } catch {
    return null;
  }
  if (!columns.length) return null;
  return (
    <details>
      <summary>{formatCount(columns.length)} columns</summary>
      <span className="mono">
        {columns
          .slice(0, 200)
          .map((one) => `${one.name ?? "?"}: ${one.type ?? "?"}`)
          .join(", ")}
      </span>
    </details>
  );
}

function sizeWords(profile: string | null | undefined): string {
  try {
    const facts = JSON.parse(profile ?? "{}") as Record<string, unknown>;
    const rows = facts["num_rows"];
    return typeof rows === "number" ? `${formatCount(rows)} rows` : "";
  } catch {
    return "";
  }
}

/** The run above, and those below. */
function Family({ run }: { run: RunDetail }) {
  const { info } = run;
  const parent = useQuery({ ...runQuery(info.parent_run_id ?? ""), enabled: Boolean(info.parent_run_id) });
  const children = useQuery(
    tableQuery(
      {
        experiment_ids: [info.experiment_id],
        filter: `attributes.parent_run_id = '${info.run_id}'`,
        order_by: ["attributes.start_time ASC"],
        view: "active",
        columns: [],
      },
      0,
      50,
    ),
  );
  const table = children.data;
  if (!info.parent_run_id && !table?.matched) return null;
  return (
    <Block title="Nested runs" {...(table?.matched ? { count: table.matched } : {})}>
      {info.parent_run_id && (
        <p>
          Part of{" "}
          <Link to="/runs/$runId" params={{ runId: info.parent_run_id }} dir="auto">
            {parent.data?.info.run_name || info.parent_run_id.slice(0, 8)}
          </Link>
        </p>
      )}
      {table && table.matched > 0 && (
        <Facts
          facts={table.run_ids.map((id, i) => [
            table.names[i] ?? id,
            <span key={id} style={{ display: "flex", gap: 16 }}>
              <Link to="/runs/$runId" params={{ runId: id }}>
                open
              </Link>
              <Status status={table.status[i] ?? ""} />
            </span>,
          ])}
        />
      )}
    </Block>
  );
}
