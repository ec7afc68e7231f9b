/** Spans below their parents, each with its bar on the trace's time line. One Tab stop; arrows move, fold and open. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import type { TraceSpan } from "../../api/schema.gen";
import { formatDuration } from "../../lib/format";
import { Icon } from "../../ui/Icon";
import { spanLines, spanOf } from "./tree";
import s from "./Traces.module.css";

const ROW = 30;
/** Levels that are moved in; deeper ones stand below each other. */
const DEEPEST = 12;

interface Props {
  spans: readonly TraceSpan[];
  chosen: string;
  onChoose: (id: string) => void;
}

export function SpanTree({ spans, chosen, onChoose }: Props) {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const box = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => spanLines(spans, folded), [spans, folded]);
  const whole = useMemo(() => spanOf(spans), [spans]);
  const rows = useVirtualizer({ count: lines.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 8 });
  const at = lines.findIndex((line) => line.span.span_id === chosen);
  const fold = (id: string, shut: boolean) => {
    const next = new Set(folded);
    if (shut) next.add(id);
    else next.delete(id);
    setFolded(next);
  };
  const go = (to: number) => {
    const line = lines[Math.max(0, Math.min(lines.length - 1, to))];
    if (!line) return;
    onChoose(line.span.span_id);
    rows.scrollToIndex(lines.indexOf(line));
  };
  const keys = (event: KeyboardEvent) => {
    const line = lines[at];
    const actions: Record<string, () => void> = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => go(at - 1),
      Home: () => go(0),
      End: () => go(lines.length - 1),
      ArrowRight: () => line && (line.children > 0 && folded.has(chosen) ? fold(chosen, false) : go(at + 1)),
      ArrowLeft: () => line && (line.children > 0 && !folded.has(chosen) ? fold(chosen, true) : go(lines.findIndex((one) => one.span.span_id === line.span.parent_id))),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
  return (
    <div
      ref={box}
      className={s.spans}
      role="tree"
      aria-label="Spans"
      tabIndex={0}
      onKeyDown={keys}
      aria-activedescendant={at >= 0 ? `span-${at}` : undefined}
    >
      <div role="presentation" style={{ height: rows.getTotalSize(), position: "relative" }}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const line = lines[index];
          if (!line) return null;
          const { span, depth, children } = line;
          const open = !folded.has(span.span_id);
          return (
            <div
              key={span.span_id}
              id={`span-${index}`}
              data-testid="span-row"
              className={s.span}
              role="treeitem"
              aria-level={depth + 1}
              aria-selected={index === at}
              aria-expanded={children > 0 ? open : undefined}
              style={{ transform: `translateY(${start}px)`, height: ROW }}
              onClick={() => onChoose(span.span_id)}
            >
              <span className={s.label} style={{ paddingInlineStart: Math.min(depth, DEEPEST) * 14 }}>
                {/* the mouse's way to what the arrows do */}
                <i
                  className={s.fold}
                  aria-hidden="true"
                  onClick={(event) => {
                    event.stopPropagation();
                    fold(span.span_id, open);
                  }}
                >
                  {children > 0 && <Icon name={open ? "down" : "right"} size={14} />}
                </i>
                {span.status === "ERROR" && <b className={s.broken}>✗</b>}
                <span className={s.text} dir="auto" title={span.name}>
                  {span.name || span.span_id}
                </span>
                {span.kind && <small>{span.kind.toLowerCase()}</small>}
              </span>
              <span className={s.line} aria-hidden="true">
                <i data-broken={span.status === "ERROR" || undefined} style={{ left: `${(span.start / whole) * 100}%`, width: `${((span.duration ?? 0) / whole) * 100}%` }} />
              </span>
              <span className={s.took}>{span.duration === null ? "runs" : formatDuration(span.duration)}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
