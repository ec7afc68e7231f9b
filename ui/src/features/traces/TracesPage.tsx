/** The traces of an experiment: newest or slowest first, found by name, state or filter. */

import { Link } from "@tanstack/react-router";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { experimentQuery } from "../../api/experiments";
import { ApiError } from "../../api/http";
import type { TraceRow } from "../../api/schema.gen";
import { tracesQuery } from "../../api/traces";
import { formatCount, formatDuration } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Empty, Trouble } from "../../ui/Empty";
import { SearchField } from "../../ui/Field";
import { Page } from "../../ui/Page";
import { Choice, Table } from "../../ui/Table";
import t from "../../ui/Table.module.css";
import { Ago } from "../../ui/Time";
import type { TracesSearch } from "./search";
import { StateMark } from "./StateMark";
import s from "./Traces.module.css";

interface Props {
  experiment: string;
  search: TracesSearch;
  onSearch: (change: TracesSearch) => void;
}

const HEADS = ["Trace", "State", "Request", "Response", "Began", "Took", "Tokens", "Session"];

export function TracesPage({ experiment, search, onSearch }: Props) {
  const wanted = { q: search.q ?? "", filter: search.filter ?? "", state: search.state ?? "", order: search.order === "slowest" ? "slowest" : "newest" };
  const { data: home } = useQuery(experimentQuery(experiment));
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage, isPlaceholderData } = useInfiniteQuery(tracesQuery(experiment, wanted));
  const rows = data?.pages.flatMap((page) => page.traces) ?? [];
  const wrong = error instanceof ApiError && error.status === 400 ? error.message : null;
  const asked = Boolean(wanted.q || wanted.filter || wanted.state);
  return (
    <Page
      title={home ? `Traces of ${home.name}` : "Traces"}
      actions={
        <Link to="/experiments/$experimentId/runs" params={{ experimentId: experiment }}>
          Runs
        </Link>
      }
    >
      <div className={s.tools} data-screen-only>
        <SearchField label="Search traces by name or id" data-main-search defaultValue={wanted.q} onChange={(event) => onSearch({ q: event.target.value || undefined })} />
        <input
          className={s.filter}
          aria-label="Filter"
          aria-invalid={wrong !== null}
          placeholder="Filter, like execution_time > 1000 and tags.env = 'prod'"
          defaultValue={wanted.filter}
          spellCheck={false}
          onKeyDown={(event) => event.key === "Enter" && onSearch({ filter: event.currentTarget.value || undefined })}
          onBlur={(event) => event.currentTarget.value !== wanted.filter && onSearch({ filter: event.currentTarget.value || undefined })}
        />
        <Choice label="State" value={wanted.state} onChange={(event) => onSearch({ state: event.target.value || undefined })}>
          <option value="">any</option>
          <option value="OK">OK</option>
          <option value="ERROR">Error</option>
          <option value="IN_PROGRESS">In progress</option>
        </Choice>
        <Choice label="Order" value={wanted.order} onChange={(event) => onSearch({ order: event.target.value === "slowest" ? "slowest" : undefined })}>
          <option value="newest">newest first</option>
          <option value="slowest">slowest first</option>
        </Choice>
      </div>
      {wrong ? (
        <p className={s.wrong} role="alert">
          {wrong}
        </p>
      ) : error && !data ? (
        <Trouble error={error} onRetry={() => void refetch()} />
      ) : data && rows.length === 0 && !isPlaceholderData ? (
        <None asked={asked} />
      ) : (
        <>
          <Table label="Traces" heads={HEADS} busy={!data || isPlaceholderData}>
            {rows.map((row) => (
              <Row key={row.trace_id} row={row} />
            ))}
          </Table>
          {hasNextPage && (
            <Button onClick={() => void fetchNextPage()} disabled={isFetchingNextPage}>
              More traces
            </Button>
          )}
        </>
      )}
    </Page>
  );
}

function Row({ row }: { row: TraceRow }) {
  return (
    <tr data-testid="trace-row">
      <td className={t.name}>
        <Link to="/traces/$traceId" params={{ traceId: row.trace_id }} dir="auto">
          {row.name || row.trace_id}
        </Link>
      </td>
      <td>
        <StateMark state={row.state} />
      </td>
      <td className={s.preview} dir="auto" title={row.request}>
        {row.request || "–"}
      </td>
      <td className={s.preview} dir="auto" title={row.response}>
        {row.response || "–"}
      </td>
      <td>
        <Ago time={row.time} />
      </td>
      <td className={s.number}>{row.duration === null ? "–" : formatDuration(row.duration)}</td>
      <td className={s.number} title={row.tokens ? `${row.tokens.input ?? "?"} in, ${row.tokens.output ?? "?"} out` : "not told"}>
        {row.tokens?.total == null ? "–" : formatCount(row.tokens.total)}
      </td>
      <td dir="auto">{row.session || "–"}</td>
    </tr>
  );
}

function None({ asked }: { asked: boolean }) {
  if (asked) return <Empty icon="search" title="No trace is like this" />;
  return (
    <Empty icon="run" title="No traces yet">
      <p>Traces come from programs that MLflow&apos;s tracing or any exporter of OpenTelemetry follows:</p>
      <pre className={s.snippet} tabIndex={0} aria-label="How to send traces">
        {`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=${new URL("v1/traces", document.baseURI).href}`}
      </pre>
    </Empty>
  );
}
