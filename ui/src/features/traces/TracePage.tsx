/** One trace: what was asked and answered, its spans on one time line, and all that one of them says. */

import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { ApiError } from "../../api/http";
import type { TraceDetail } from "../../api/schema.gen";
import { traceQuery } from "../../api/traces";
import { formatCount, formatDuration, formatNumber, formatTime, plural } from "../../lib/format";
import { CopyButton } from "../../ui/Copy";
import { Empty, Trouble } from "../../ui/Empty";
import { Page } from "../../ui/Page";
import { SpanPanel } from "./SpanPanel";
import { SpanTree } from "./SpanTree";
import { StateMark } from "./StateMark";
import { tokenWords } from "./tokens";
import s from "./Traces.module.css";

interface Props {
  id: string;
  span: string | undefined;
  onSpan: (id: string) => void;
}

export function TracePage({ id, span, onSpan }: Props) {
  const { data, error, refetch } = useQuery(traceQuery(id));
  if (error instanceof ApiError && error.status === 404) {
    return (
      <Page title="No such trace" heading="This trace is not here">
        <Empty icon="search" title="It may have been deleted">
          <p>{error.message}</p>
        </Empty>
      </Page>
    );
  }
  if (!data) return <Page title="Trace">{error ? <Trouble error={error} onRetry={() => void refetch()} /> : <p role="status">Loading the trace …</p>}</Page>;
  const chosen = data.spans.find((one) => one.span_id === span) ?? data.spans[0];
  return (
    <Page title={data.trace.name || id} heading={<span dir="auto">{data.trace.name || id}</span>} actions={<CopyButton text={id} what="the id of the trace" />}>
      <Facts data={data} />
      {data.spans.length === 0 ? (
        <Empty icon="run" title="No spans are kept">
          <p>The trace was told without its spans, or they lie where this server cannot read them.</p>
        </Empty>
      ) : (
        <div className={s.split}>
          <div className={s.tree}>
            {data.count > data.spans.length && (
              <p className={s.hint}>
                The first {formatCount(data.spans.length)} of {plural(data.count, "span")}.
              </p>
            )}
            <SpanTree spans={data.spans} chosen={chosen?.span_id ?? ""} onChoose={onSpan} />
          </div>
          {chosen && <SpanPanel key={chosen.span_id} trace={id} span={chosen} />}
        </div>
      )}
      <Said data={data} />
    </Page>
  );
}

function Facts({ data }: { data: TraceDetail }) {
  const { trace } = data;
  const facts: readonly (readonly [string, React.ReactNode])[] = [
    ["State", <StateMark key="state" state={trace.state} />],
    ["Began", formatTime(trace.time)],
    ["Took", trace.duration === null ? "" : formatDuration(trace.duration)],
    ["Tokens", tokenWords(trace.tokens)],
    ["Cost", trace.cost === null ? "" : `$${formatNumber(trace.cost)}`],
    ["Session", trace.session],
    ["User", trace.user],
    [
      "Run",
      trace.run_id && (
        <Link key="run" to="/runs/$runId" params={{ runId: trace.run_id }}>
          {trace.run_id.slice(0, 8)}
        </Link>
      ),
    ],
  ];
  return (
    <dl className={s.facts}>
      {facts.map(
        ([name, value]) =>
          value && (
            <div key={name}>
              <dt>{name}</dt>
              <dd dir="auto">{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** What people and judges think of it, and its tags. */
function Said({ data }: { data: TraceDetail }) {
  const tags = Object.entries(data.tags).filter(([key]) => !key.startsWith("mlflow."));
  return (
    <>
      {data.assessments.length > 0 && (
        <section>
          <h2>Assessments</h2>
          <ul className={s.said}>
            {data.assessments.map((one, i) => (
              <li key={i} data-testid="assessment" dir="auto">
                <b>{one.name}</b> {one.kind === "expectation" && "should be "}
                {one.value}
                {!one.valid && " (overridden)"} <small>{[one.source, one.rationale].filter(Boolean).join(": ")}</small>
              </li>
            ))}
          </ul>
        </section>
      )}
      {tags.length > 0 && (
        <section>
          <h2>Tags</h2>
          <ul className={s.said}>
            {tags.map(([key, value]) => (
              <li key={key} dir="auto">
                {key} <b>{value}</b>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
