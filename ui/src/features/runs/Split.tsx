/** The table, its charts, or both. */

import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, Suspense, useEffect, useRef, useState } from "react";
import { inText } from "../../lib/hotkeys";
import { part } from "../../ui/part";
import { Hover } from "./hover";
import { PANELS, type PanelChoice, readPanel, readShare } from "./panels";
import s from "./Split.module.css";
import type { useRunsPage } from "./useRunsPage";
import type { OnSearch, RunsSearch } from "./view";

const SplitEdge = part(() => import("./panel/ChartsPanel").then((module) => ({ default: module.SplitEdge })));
const ChartsPanel = part(() => import("./panel/ChartsPanel").then((module) => ({ default: module.ChartsPanel })));

/** Where charts will be drawn, their code and their runs come while the rows are on their way, not after them. */
export function useChartsAhead(search: RunsSearch, { rows, spec }: SplitProps["page"]): void {
  const client = useQueryClient();
  const wanted = readPanel(search) !== "table" && rows.empty;
  useEffect(() => {
    // what cannot be had now is asked for again when it is drawn, and told of there
    if (wanted) Promise.all([SplitEdge.ahead(), ChartsPanel.ahead(), import("./panel/ChartsPanel").then((module) => module.ahead(client, spec))]).catch(() => undefined);
  }, [wanted, client, spec]);
}

const NAMES: Readonly<Record<PanelChoice, string>> = { table: "Table", split: "Split", charts: "Charts" };

export interface SplitProps {
  page: ReturnType<typeof useRunsPage>;
  experiments: readonly string[];
  search: RunsSearch;
  onSearch: OnSearch;
}

export function PanelSwitch({ search, onSearch }: Pick<SplitProps, "search" | "onSearch">) {
  const chosen = readPanel(search);
  const choose = (one: PanelChoice | undefined) => one && onSearch({ panel: one === "table" ? undefined : one });
  const keys = (event: React.KeyboardEvent<HTMLElement>) => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = PANELS.indexOf(chosen) + step;
    choose(PANELS[next]);
    (event.currentTarget.children[next] as HTMLElement | undefined)?.focus();
  };
  return (
    <div className={s.switch} role="radiogroup" aria-label="Table or charts (v)" onKeyDown={keys}>
      {PANELS.map((one) => (
        <button key={one} type="button" role="radio" aria-checked={one === chosen} tabIndex={one === chosen ? 0 : -1} onClick={() => choose(one)}>
          {NAMES[one]}
        </button>
      ))}
    </div>
  );
}

/** `v` goes from the table to both, to the charts, and back. */
function usePanelKey(chosen: PanelChoice, onSearch: SplitProps["onSearch"]): void {
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (event.key !== "v" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || inText(event.target)) return;
      const next = PANELS[(PANELS.indexOf(chosen) + 1) % PANELS.length];
      onSearch({ panel: next === "table" ? undefined : next });
    };
    window.addEventListener("keydown", keys);
    return () => window.removeEventListener("keydown", keys);
  }, [chosen, onSearch]);
}

/** `waiting`: nothing is known of the runs yet; their place and that of the charts are shown. */
export function Split({ waiting = false, children, ...props }: SplitProps & { waiting?: boolean; children: ReactNode }) {
  const chosen = readPanel(props.search);
  usePanelKey(chosen, props.onSearch);
  const [hover] = useState(() => new Hover());
  if (chosen === "table") return children;
  const charts = waiting ? (
    <ChartBones />
  ) : (
    <Suspense fallback={<ChartBones />}>
      <ChartsPanel {...props} hover={hover} />
    </Suspense>
  );
  if (chosen === "charts") return <div className={s.only}>{charts}</div>;
  return (
    <SideBySide {...props} hover={hover} charts={charts}>
      {children}
    </SideBySide>
  );
}

function ChartBones() {
  return (
    <div className={s.charts} role="status" aria-label="Loading charts">
      <p className="late-word">Waiting for the charts…</p>
      <div className={s.bones}>
        <i />
        <i />
        <i />
        <i />
      </div>
    </div>
  );
}

function SideBySide({ search, onSearch, hover, charts, children }: Pick<SplitProps, "search" | "onSearch"> & { hover: Hover; charts: ReactNode; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<number | null>(null);
  const share = drag ?? readShare(search);
  return (
    <div ref={box} className={s.split} style={{ ["--share" as string]: `${share}fr`, ["--rest" as string]: `${100 - share}fr` }}>
      <div
        className={s.table}
        onPointerOver={(event) => hover.set((event.target as Element).closest<HTMLElement>("[data-run]")?.dataset["run"] ?? null)}
        onPointerLeave={() => hover.set(null)}
      >
        {children}
      </div>
      <Suspense fallback={<div className={s.edge} />}>
        <SplitEdge {...{ box, share, drag, onDrag: setDrag, onSearch, hover }} />
      </Suspense>
      {charts}
    </div>
  );
}
