/** The table, its charts, or both. */

import { type ReactNode, Suspense, useEffect } from "react";
import { inText } from "../../lib/hotkeys";
import { part } from "../../ui/part";
import { PANELS, type PanelChoice, readPanel } from "./panels";
import s from "./Split.module.css";
import type { useRunsPage } from "./useRunsPage";
import type { OnSearch, RunsSearch } from "./view";

const SplitView = part(() => import("./SplitView").then((module) => ({ default: module.SplitView })));

/** Where charts will be drawn, their code comes while the rows are on their way, not after them. */
export function useChartsAhead(search: RunsSearch): void {
  const wanted = readPanel(search) !== "table";
  useEffect(() => {
    // what cannot be had now is asked for again when it is drawn, and told of there
    if (wanted) import("./SplitView").then((module) => Promise.all([SplitView.ahead(), module.ahead()])).catch(() => undefined);
  }, [wanted]);
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

export function Split(props: SplitProps & { children: ReactNode }) {
  const chosen = readPanel(props.search);
  usePanelKey(chosen, props.onSearch);
  if (chosen === "table") return props.children;
  return (
    <Suspense fallback={<div className={s.charts} role="status" aria-label="Loading charts" />}>
      <SplitView {...props} />
    </Suspense>
  );
}
