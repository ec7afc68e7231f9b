/** What the process printed, as it comes. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { consoleQuery, runQuery } from "../../api/runs";
import { plural } from "../../lib/format";
import { type Look, type Segment, PLAIN, segments } from "../../lib/content/ansi";
import { cutAt, transcript, uncoloured } from "../../lib/transcript";
import { Empty, Trouble, Waiting } from "../../ui/Empty";
import { SearchField } from "../../ui/Field";
import s from "./Console.module.css";

const LINE = 20;

export function Console({ runId }: { runId: string }) {
  const [find, setFind] = useState("");
  const [errorsOnly, setErrorsOnly] = useState(false);
  const { data, error, refetch, isPending } = useConsole(runId);
  const lines = useMemo(() => coloured(transcript(data?.pages.flatMap((page) => page.pieces) ?? [])), [data]);
  const shown = useMemo(
    () =>
      lines
        .map((line, i) => ({ ...line, number: i + 1 }))
        .filter((line) => (!errorsOnly || line.stream === "stderr") && line.text.toLowerCase().includes(find.toLowerCase())),
    [lines, find, errorsOnly],
  );
  if (error && !data) return <Trouble error={error} onRetry={() => void refetch()} />;
  if (isPending) return <Waiting what="the console" />;
  if (lines.length === 0) {
    return (
      <Empty icon="runs" title="Nothing was captured">
        <p>
          <code>runstone.start_run(capture_console=True)</code> keeps what the process prints, and it appears here as it comes.
        </p>
      </Empty>
    );
  }
  return (
    <>
      <div className={s.tools} data-screen-only>
        <SearchField label="Search the console" data-main-search value={find} onChange={(event) => setFind(event.target.value)} />
        <label>
          <input type="checkbox" checked={errorsOnly} onChange={(event) => setErrorsOnly(event.target.checked)} /> only stderr
        </label>
        <span role="status">{plural(shown.length, "line")}</span>
      </div>
      <Lines lines={shown} find={find} />
    </>
  );
}

interface Coloured {
  stream: string;
  /** As it is searched, without colours. */
  text: string;
  raw: string;
  /** The look that the lines above left. */
  start: Look;
}

/** A colour stays until it is taken back, over lines, on each stream by itself. */
function coloured(lines: readonly { stream: string; text: string }[]): Coloured[] {
  const looks: Record<string, Look> = {};
  return lines.map(({ stream, text }) => {
    const start = looks[stream] ?? PLAIN;
    looks[stream] = segments(text, start).end;
    return { stream, text: uncoloured(text), raw: text, start };
  });
}

function Part({ part, find }: { part: Segment; find: string }) {
  const { hue, ...rest } = part.look;
  const flags = Object.entries(rest).filter(([, on]) => on).map(([name]) => name);
  return (
    <span data-hue={hue ?? undefined} data-look={flags.join(" ") || undefined}>
      {cutAt(part.text, find).map((piece, i) => (piece.found ? <mark key={i}>{piece.text}</mark> : piece.text))}
    </span>
  );
}

/** All pieces so far; more whenever the run changes. */
function useConsole(runId: string) {
  const query = useInfiniteQuery(consoleQuery(runId));
  const run = useQuery(runQuery(runId));
  const { fetchNextPage, data } = query;
  const changed = run.dataUpdatedAt;
  const more = data?.pages.at(-1)?.more ?? false;
  const pages = data?.pages.length ?? 0;
  useEffect(() => {
    if (pages > 0) void fetchNextPage({ cancelRefetch: false });
    // Again at every change of the run, and while the server has more.
  }, [changed, more && pages, fetchNextPage, pages > 0]);
  return query;
}

function Lines({ lines, find }: { lines: readonly (Coloured & { number: number })[]; find: string }) {
  const view = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => view.current,
    estimateSize: () => LINE,
    overscan: 10,
    initialRect: { width: 900, height: 500 },
  });
  useEffect(() => {
    // Whoever reads above stays there; at the end the newest line stays in sight.
    if (atEnd.current && view.current) view.current.scrollTop = view.current.scrollHeight;
  }, [lines.length]);
  return (
    <div
      ref={view}
      className={s.view}
      tabIndex={0}
      role="log"
      aria-label="Console"
      aria-live="off"
      data-testid="console"
      onScroll={(event) => {
        const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
        atEnd.current = scrollHeight - scrollTop - clientHeight < 2 * LINE;
      }}
    >
      <div style={{ height: rows.getTotalSize(), position: "relative" }}>
        {rows.getVirtualItems().map((item) => {
          const line = lines[item.index];
          return (
            line && (
              <div key={line.number} className={s.line} data-stream={line.stream} style={{ transform: `translateY(${item.start}px)` }}>
                <span className={s.number} aria-hidden="true">
                  {line.number}
                </span>
                {segments(line.raw.slice(0, 5000), line.start).parts.map((part, i) => (
                  <Part key={i} part={part} find={find} />
                ))}
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}
