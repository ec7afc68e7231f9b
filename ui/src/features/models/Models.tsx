import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { ApiError } from "../../api/http";
import { modelsQuery } from "../../api/models";
import type { ModelRow } from "../../api/schema.gen";
import { sessionQuery } from "../../api/session";
import { column, nameOf } from "../../lib/columns";
import { exactNumber, formatNumber, plural } from "../../lib/format";
import { Button, buttonClass } from "../../ui/Button";
import { Empty, Trouble } from "../../ui/Empty";
import { SearchField } from "../../ui/Field";
import { Page } from "../../ui/Page";
import { Snippet } from "../../ui/Snippet";
import { Ago } from "../../ui/Time";
import { AliasChip, ownTags, Stage } from "./Chips";
import { CreateModelDialog } from "./ModelDialogs";
import s from "./Models.module.css";
import { RegisterDialog } from "./RegisterDialog";

interface Props {
  q: string;
  order: "name" | "updated";
  onQ: (q: string) => void;
  onOrder: (order: "name" | "updated") => void;
}

/** The list of registered models. */
export function Models({ q, order, onQ, onOrder }: Props) {
  const [open, setOpen] = useState<"create" | "register" | null>(null);
  const query = useQuery(modelsQuery(q, order));
  const { data: session } = useQuery(sessionQuery);
  const shown = useRef(query.data);
  if (query.data) shown.current = query.data;
  const rows = shown.current?.models;
  const wrong = query.error instanceof ApiError && query.error.status === 400 ? query.error.message : "";
  return (
    <Page
      title="Models"
      actions={
        <>
          {(session?.accounts === false || session?.is_admin) && (
            <Link to="/admin/webhooks" className={buttonClass("quiet")}>
              Webhooks
            </Link>
          )}
          <Button icon="plus" onClick={() => setOpen("create")}>
            New model
          </Button>
          <Button kind="primary" onClick={() => setOpen("register")}>
            Register from a run
          </Button>
        </>
      }
    >
      <div className={s.bar}>
        <SearchField
          label="Search models by name, or tags.team = 'a'"
          data-main-search
          defaultValue={q}
          onChange={(event) => onQ(event.target.value)}
        />
        <label className={s.inline}>
          Order
          <select className={s.select} value={order} onChange={(event) => onOrder(event.target.value as Props["order"])}>
            <option value="name">by name</option>
            <option value="updated">last changed first</option>
          </select>
        </label>
        {rows && !wrong && <span className={s.faint}>{plural(rows.length, "model")}{shown.current?.next_page_token ? " shown; search narrows the list" : ""}</span>}
      </div>
      {wrong && (
        <p className={s.wrong} role="alert">
          {wrong}
        </p>
      )}
      {query.isError && !rows && !wrong ? (
        <Trouble error={query.error} onRetry={() => void query.refetch()} />
      ) : rows?.length === 0 && !query.isPlaceholderData && !query.isPending ? (
        <NoModels q={q} />
      ) : (
        <ModelTable rows={rows} stale={query.isPlaceholderData || Boolean(wrong)} />
      )}
      {open === "create" && <CreateModelDialog onClose={() => setOpen(null)} />}
      {open === "register" && <RegisterDialog onClose={() => setOpen(null)} />}
    </Page>
  );
}

function ModelTable({ rows, stale }: { rows: readonly ModelRow[] | undefined; stale: boolean }) {
  return (
    <div className={s.scroll} tabIndex={0} role="region" aria-label="Registered models">
      <table className={`${s.table} ${stale ? s.stale : ""}`} aria-busy={stale || !rows}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Aliases</th>
            <th scope="col">Stages</th>
            <th scope="col">Newest</th>
            <th scope="col">Its objective</th>
            <th scope="col">By</th>
            <th scope="col">Changed</th>
          </tr>
        </thead>
        <tbody>
          {(rows ?? []).map((row) => (
            <Row key={row.name} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ row }: { row: ModelRow }) {
  const { name, latest, headline } = row;
  return (
    <tr data-testid="model-row">
      <td className={s.name}>
        <Link to="/models/$name" params={{ name }} dir="auto">
          {name}
        </Link>
        {row.description && (
          <p className={s.note} dir="auto">
            {row.description}
          </p>
        )}
        <TagList tags={row.tags} />
      </td>
      <td>
        <span className={s.chips}>
          {Object.entries(row.aliases).map(([alias, version]) => (
            <AliasChip key={alias} alias={alias} version={version} />
          ))}
        </span>
      </td>
      <td>
        <span className={s.chips}>
          {Object.entries(row.stages).map(([stage, version]) => (
            <Stage key={stage} stage={stage} version={version} />
          ))}
        </span>
      </td>
      <td>
        {latest === null ? (
          <span className={s.faint}>no version</span>
        ) : (
          <Link to="/models/$name/versions/$version" params={{ name, version: String(latest) }}>
            v{latest}
          </Link>
        )}
      </td>
      <td className="num">
        {headline ? (
          <span title={exactNumber(headline.value)}>
            {nameOf(column("metrics", headline.key, headline.statistic))} {headline.direction === "max" ? "↑" : "↓"} <b>{formatNumber(headline.value)}</b> {headline.unit}
          </span>
        ) : (
          <span className={s.faint}>–</span>
        )}
      </td>
      <td dir="auto">{row.user_id || <span className={s.faint}>–</span>}</td>
      <td>
        <Ago time={row.updated} />
      </td>
    </tr>
  );
}

export function TagList({ tags }: { tags: Readonly<Record<string, string>> }) {
  const own = ownTags(tags);
  if (own.length === 0) return null;
  return (
    <span className={s.chips}>
      {own.slice(0, 50).map(([key, value]) => (
        <span key={key} className={s.chip} dir="auto">
          {key}
          {value && <b>{value}</b>}
        </span>
      ))}
    </span>
  );
}

function NoModels({ q }: { q: string }) {
  if (q) return <Empty icon="search" title="No registered model fits">{<p>Nothing fits “{q}”.</p>}</Empty>;
  return (
    <Empty icon="model" title="No model is registered yet">
      <p>Log a model under a name, or register one that a run has logged.</p>
      <Snippet
        what="the Python code"
        code={["with runstone.start_run():", '    runstone.sklearn.log_model(', '        model, name="model", registered_model_name="iris"', "    )"].join("\n")}
      />
    </Empty>
  );
}
