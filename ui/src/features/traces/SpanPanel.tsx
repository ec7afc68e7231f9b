/** All that one span says: what it took and gave, its attributes, what happened in it. */

import { useQuery } from "@tanstack/react-query";
import type { SpanDetail, TraceSpan } from "../../api/schema.gen";
import { spanQuery } from "../../api/traces";
import { formatDuration } from "../../lib/format";
import { Json } from "../../ui/content/Json";
import { CopyButton } from "../../ui/Copy";
import { Trouble } from "../../ui/Empty";
import { StateMark } from "./StateMark";
import { tokenWords } from "./tokens";
import s from "./Traces.module.css";

/** Characters that are drawn as a tree; longer texts are shown in part, and copied whole. */
const MOST_TREE = 200_000;

export function SpanPanel({ trace, span }: { trace: string; span: TraceSpan }) {
  const { data, error, refetch } = useQuery(spanQuery(trace, span.span_id));
  const words = [span.kind.toLowerCase(), span.model, span.duration === null ? "still runs" : formatDuration(span.duration), tokenWords(span.tokens)];
  return (
    <section className={s.panel} aria-label={`Span ${span.name}`} data-testid="span-panel">
      <h2 dir="auto">{span.name || span.span_id}</h2>
      <p className={s.hint}>
        <StateMark state={span.status} /> {words.filter(Boolean).join(" · ")}
      </p>
      {span.message && (
        <p className={s.wrong} dir="auto">
          {span.message}
        </p>
      )}
      {error && !data ? <Trouble error={error} onRetry={() => void refetch()} /> : data ? <Contents data={data} /> : <p role="status">…</p>}
    </section>
  );
}

function Contents({ data }: { data: SpanDetail }) {
  const attributes = Object.entries(data.attributes);
  return (
    <>
      <Part name="Inputs" text={data.inputs} />
      <Part name="Outputs" text={data.outputs} />
      {data.events.length > 0 && (
        <>
          <h3>Events</h3>
          {data.events.map((event, i) => (
            <div key={i} className={s.event}>
              <b dir="auto">{event.name}</b> {event.time !== null && <small>at {formatDuration(event.time)}</small>}
              <Pairs pairs={Object.entries(event.attributes)} />
            </div>
          ))}
        </>
      )}
      {attributes.length > 0 && (
        <>
          <h3>Attributes</h3>
          <Pairs pairs={attributes} />
        </>
      )}
    </>
  );
}

function Part({ name, text }: { name: string; text: string }) {
  if (!text) return null;
  return (
    <>
      <h3>
        {name} <CopyButton text={text} what={name.toLowerCase()} />
      </h3>
      <div className={s.content} tabIndex={0} role="group" aria-label={name}>
        {text.length > MOST_TREE ? <pre dir="auto">{text.slice(0, MOST_TREE)} …</pre> : <Json text={text} />}
      </div>
    </>
  );
}

function Pairs({ pairs }: { pairs: readonly (readonly [string, string])[] }) {
  return (
    <dl className={s.pairs}>
      {pairs.slice(0, 100).map(([key, value]) => (
        <div key={key}>
          <dt dir="auto">{key}</dt>
          <dd dir="auto">{value.slice(0, 4_000)}</dd>
        </div>
      ))}
    </dl>
  );
}
