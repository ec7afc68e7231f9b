/** What can be done to the selected runs, or to the one in the row where the keys are. */

import { lazy, type ReactNode, Suspense, useState } from "react";
import { plural } from "../../lib/format";
import { say } from "../../ui/Toasts";
import type { EditedCell } from "./CellEditor";
import type { GridColumn } from "./layout";
import type { EditKind } from "./RunEdits";
import type { useRunsPage } from "./useRunsPage";
import { MOST_PINS, onlyRuns } from "./view";

const RunEdits = lazy(() => import("./RunEdits").then((module) => ({ default: module.RunEdits })));

/** More runs than this make an address too long. */
const MOST_NAMED = 60;

export interface RunActions {
  edit: (kind: EditKind, row?: number) => void;
  hide: (row?: number) => void;
  only: (row?: number) => void;
  pin: (row?: number) => void;
  /** True: the key did something. */
  key: (pressed: string, row: number) => boolean;
  dialog: ReactNode;
  /** Write into a cell: a tag, or the name. */
  cell: (row: number, column: GridColumn, cell: string) => void;
  /** Say what a metric means. */
  define: (key: string) => void;
}

export function useRunActions(page: ReturnType<typeof useRunsPage>, experiments: readonly string[]): RunActions {
  const [editing, setEditing] = useState<{ kind: EditKind; ids: readonly string[]; cell?: EditedCell } | null>(null);
  const { view } = page;
  const target = (row?: number): string[] => {
    if (page.selected.size > 0) return [...page.selected];
    const id = row === undefined ? undefined : page.idAt(row);
    return id ? [id] : [];
  };
  const edit = (kind: EditKind, row?: number) => {
    const ids = target(row);
    if (ids.length > 0 && !view.trash && (kind !== "name" || ids.length === 1)) setEditing({ kind, ids });
  };
  const cell = (row: number, column: GridColumn, element: string) => {
    const at = page.rows.at(row);
    const run = page.idAt(row);
    const old = column.spec ? at?.window.columns.get(column.id)?.[at.index] : at?.window.table.names[at.index];
    if (run && !view.trash) setEditing({ kind: "cell", ids: [run], cell: { element, tag: column.spec?.key ?? null, value: String(old ?? "") } });
  };
  const tooMany = (ids: readonly string[], what: string) => {
    if (ids.length <= MOST_NAMED) return false;
    say(`At most ${plural(MOST_NAMED, "run")} can be ${what} by name; use a filter for more.`, { tone: "error" });
    return true;
  };
  const hide = (row?: number) => {
    const ids = target(row);
    const added = ids.filter((id) => !view.hidden.includes(id));
    if (added.length === 0 || tooMany([...view.hidden, ...added], "hidden")) return;
    page.change((now) => ({ hidden: [...now.hidden, ...added.filter((id) => !now.hidden.includes(id))], selected: [] }));
    say(`Hid ${plural(ids.length, "run")}`, { undo: () => page.change((now) => ({ hidden: now.hidden.filter((id) => !added.includes(id)) })) });
  };
  const only = (row?: number) => {
    const ids = target(row);
    if (ids.length > 0 && !tooMany(ids, "shown")) page.change({ filter: onlyRuns(ids), selected: [] });
  };
  /** All that are meant stay on top, or none of them where all did. */
  const pin = (row?: number) => {
    const ids = target(row);
    const pinned = (now: readonly string[]) => {
      const others = now.filter((id) => !ids.includes(id));
      return ids.every((id) => now.includes(id)) ? others : [...others, ...ids];
    };
    if (pinned(view.pins).length > MOST_PINS) say(`At most ${plural(MOST_PINS, "run")} can be pinned.`, { tone: "error" });
    else if (ids.length > 0) page.change((now) => ({ pins: pinned(now.pins).slice(0, MOST_PINS), selected: [] }));
  };
  const key = (pressed: string, row: number): boolean => {
    const actions: Record<string, () => void> = {
      t: () => edit("tag", row),
      n: () => edit("note", row),
      C: () => edit("colour", row),
      M: () => edit("move", row),
      p: () => pin(row),
      h: () => hide(row),
      H: () => only(row),
    };
    const action = actions[pressed];
    action?.();
    return action !== undefined;
  };
  const dialog = editing && (
    <Suspense>
      <RunEdits {...editing} experiments={experiments} onClose={() => setEditing(null)} onGone={page.clear} />
    </Suspense>
  );
  return { edit, hide, only, pin, key, dialog, cell, define: (metric) => setEditing({ kind: "meaning", ids: [metric] }) };
}
