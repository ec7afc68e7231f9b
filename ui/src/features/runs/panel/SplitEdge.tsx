/** The edge between a table and its charts: dragged, or moved with the arrows. */

import { type RefObject, useEffect } from "react";
import type { Hover } from "../hover";
import { LEAST_SHARE, MOST_SHARE } from "../panels";
import s from "../Split.module.css";
import type { OnSearch } from "../view";

interface Props {
  box: RefObject<HTMLElement | null>;
  share: number;
  /** The share while it is dragged. */
  drag: number | null;
  onDrag: (share: number | null) => void;
  onSearch: OnSearch;
  hover: Hover;
}

export function SplitEdge({ box, share, drag, onDrag, onSearch, hover }: Props) {
  useLitRow(box, hover);
  const put = (next: number) => onSearch({ split: next === 50 ? undefined : String(next) });
  const at = (event: React.PointerEvent) => {
    const area = box.current?.getBoundingClientRect();
    if (!area) return share;
    const across = area.width > area.height || window.innerWidth > 900;
    const part = across ? (area.right - event.clientX) / area.width : (area.bottom - event.clientY) / area.height;
    return Math.round(Math.min(MOST_SHARE, Math.max(LEAST_SHARE, part * 100)));
  };
  return (
    <div
      className={s.edge}
      role="separator"
      aria-label="Share of the charts"
      aria-orientation="vertical"
      aria-valuenow={share}
      aria-valuemin={LEAST_SHARE}
      aria-valuemax={MOST_SHARE}
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        onDrag(at(event));
      }}
      onPointerMove={(event) => drag !== null && onDrag(at(event))}
      onPointerUp={() => {
        if (drag !== null) put(drag);
        onDrag(null);
      }}
      onKeyDown={(event) => {
        const step = { ArrowLeft: 5, ArrowUp: 5, ArrowRight: -5, ArrowDown: -5 }[event.key];
        if (!step) return;
        event.preventDefault();
        put(Math.min(MOST_SHARE, Math.max(LEAST_SHARE, share + step)));
      }}
    />
  );
}

/** Marks the row of the run that a chart points at. Rows are drawn by the grid; a mark on them costs it nothing. */
function useLitRow(box: RefObject<HTMLElement | null>, hover: Hover): void {
  useEffect(() => {
    return hover.subscribe(() => {
      box.current?.querySelectorAll("[data-lit-row]").forEach((row) => row.removeAttribute("data-lit-row"));
      const run = hover.get();
      if (run) box.current?.querySelector(`[data-run="${CSS.escape(run)}"]`)?.setAttribute("data-lit-row", "");
    });
  }, [box, hover]);
}
