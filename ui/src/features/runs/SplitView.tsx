/** The table and its charts side by side, with an edge to drag; or the charts alone. */

import { type ReactNode, Suspense, useEffect, useRef, useState } from "react";
import { part } from "../../ui/part";
import { Hover } from "./hover";
import { LEAST_SHARE, MOST_SHARE, readPanel, readShare } from "./panels";
import type { SplitProps } from "./Split";
import s from "./Split.module.css";

const ChartsPanel = part(() => import("./panel/ChartsPanel").then((module) => ({ default: module.ChartsPanel })));

/** Load what this will draw. */
export const ahead = (): Promise<unknown> => Promise.all([ChartsPanel.ahead(), import("./panel/ChartsPanel").then((module) => module.ahead())]);

export function SplitView({ page, experiments, search, onSearch, children }: SplitProps & { children: ReactNode }) {
  const chosen = readPanel(search);
  const [hover] = useState(() => new Hover());
  const box = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<number | null>(null);
  const share = drag ?? readShare(search);
  useLitRow(box, hover);
  const put = (next: number) => onSearch({ split: next === 50 ? undefined : String(next) });
  const at = (event: React.PointerEvent) => {
    const area = box.current?.getBoundingClientRect();
    if (!area) return share;
    const across = area.width > area.height || window.innerWidth > 900;
    const part = across ? (area.right - event.clientX) / area.width : (area.bottom - event.clientY) / area.height;
    return Math.round(Math.min(MOST_SHARE, Math.max(LEAST_SHARE, part * 100)));
  };
  const charts = (
    <Suspense fallback={<div className={s.charts} role="status" aria-label="Loading charts" />}>
      <ChartsPanel {...{ page, experiments, search, onSearch, hover }} />
    </Suspense>
  );
  if (chosen === "charts") return <div className={s.only}>{charts}</div>;
  return (
    <div ref={box} className={s.split} style={{ ["--share" as string]: `${share}fr`, ["--rest" as string]: `${100 - share}fr` }}>
      <div
        className={s.table}
        onPointerOver={(event) => hover.set((event.target as Element).closest<HTMLElement>("[data-run]")?.dataset["run"] ?? null)}
        onPointerLeave={() => hover.set(null)}
      >
        {children}
      </div>
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
          setDrag(at(event));
        }}
        onPointerMove={(event) => drag !== null && setDrag(at(event))}
        onPointerUp={() => {
          if (drag !== null) put(drag);
          setDrag(null);
        }}
        onKeyDown={(event) => {
          const step = { ArrowLeft: 5, ArrowUp: 5, ArrowRight: -5, ArrowDown: -5 }[event.key];
          if (!step) return;
          event.preventDefault();
          put(Math.min(MOST_SHARE, Math.max(LEAST_SHARE, share + step)));
        }}
      />
      {charts}
    </div>
  );
}

/** Marks the row of the run that a chart points at. Rows are drawn by the grid; a mark on them costs it nothing. */
function useLitRow(box: React.RefObject<HTMLElement | null>, hover: Hover): void {
  useEffect(() => {
    return hover.subscribe(() => {
      box.current?.querySelectorAll("[data-lit-row]").forEach((row) => row.removeAttribute("data-lit-row"));
      const run = hover.get();
      if (run) box.current?.querySelector(`[data-run="${CSS.escape(run)}"]`)?.setAttribute("data-lit-row", "");
    });
  }, [box, hover]);
}
