/** The columns to choose from: a tree of prefixes, or what a search finds. */

import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { type KeyKind, keysQuery } from "../../api/keys";
import type { Key } from "../../api/schema.gen";
import { column } from "../../lib/columns";
import { formatCount, plural } from "../../lib/format";
import { keyTree, type TreeFolder, type TreeRow } from "../../lib/keyTree";
import { Button } from "../../ui/Button";
import { SearchField } from "../../ui/Field";
import { say } from "../../ui/Toasts";
import s from "./ColumnPicker.module.css";
import type { ColumnPickerProps } from "./ColumnPicker";

const KINDS: readonly { kind: KeyKind; name: string }[] = [
  { kind: "metrics", name: "Metrics" },
  { kind: "params", name: "Params" },
  { kind: "tags", name: "Tags" },
];
/** Keys of one list at most; a search finds the others. */
const MOST_KEYS = 10_000;
/** A tree of so few keys is shown open. */
const FEW = 60;
/** Columns that a folder adds at once: an address must hold them. */
const MOST_ADDED = 100;

export function ColumnList({ experiments, chosen, isDefault, ready, onChange }: ColumnPickerProps) {
  const [kind, setKind] = useState<KeyKind>("metrics");
  const [contains, setContains] = useState("");
  const [varying, setVarying] = useState(false);
  // Folders that are not as they open by themselves.
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const query = useQuery(keysQuery(kind, experiments, contains, MOST_KEYS));
  const keys = useMemo(() => (query.data ?? []).filter((key) => !varying || key.distinct > 1), [query.data, varying]);
  const rows = useMemo<TreeRow<Key>[]>(() => {
    if (contains) return keys.map((item) => ({ kind: "key", item, name: item.key, depth: 0 }));
    return keyTree(keys, (prefix) => turned.has(prefix) !== keys.length <= FEW);
  }, [keys, contains, turned]);
  const shown = useMemo(() => new Set(chosen.filter((one) => one.kind === kind).map((one) => one.key)), [chosen, kind]);
  const toggle = (key: string) =>
    onChange((now) => {
      const others = now.filter((one) => one.kind !== kind || one.key !== key);
      return others.length < now.length ? others : [...now, column(kind, key)];
    });
  const below = (prefix: string) => keys.filter((key) => key.key.startsWith(prefix));
  const toggleAll = ({ prefix }: TreeFolder) => {
    const inside = below(prefix);
    const missing = inside.filter((key) => !shown.has(key.key));
    if (missing.length === 0) return onChange((now) => now.filter((one) => one.kind !== kind || !one.key.startsWith(prefix)));
    if (missing.length > MOST_ADDED) say(`Added the first ${MOST_ADDED} of ${plural(missing.length, "column")}`);
    const added = missing.slice(0, MOST_ADDED).map((key) => column(kind, key.key));
    onChange((now) => [...now, ...added.filter((one) => !now.some((old) => old.kind === kind && old.key === one.key))]);
  };
  const turn = (prefix: string) => {
    const next = new Set(turned);
    if (!next.delete(prefix)) next.add(prefix);
    setTurned(next);
  };
  const list = useRef<HTMLDivElement>(null);
  const drawn = useVirtualizer({
    count: rows.length,
    getScrollElement: () => list.current,
    estimateSize: () => 28,
    overscan: 6,
    initialRect: { width: 340, height: 300 },
  });
  return (
    <div className={s.picker}>
      <SearchField label="Search keys" value={contains} onChange={(event) => setContains(event.target.value)} />
      <div className={s.kinds} role="group" aria-label="Kind of column">
        {KINDS.map((one) => (
          <button key={one.kind} type="button" aria-pressed={kind === one.kind} onClick={() => (setKind(one.kind), setTurned(new Set()))}>
            {one.name}
          </button>
        ))}
      </div>
      <div ref={list} className={s.list} tabIndex={0} role="group" aria-label={`${kind} to show`}>
        {keys.length === 0 && !query.isPending && !query.isPlaceholderData && <p className={s.note}>No such key.</p>}
        <div style={{ height: drawn.getTotalSize() }}>
          {drawn.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            const style = { transform: `translateY(${item.start}px)`, paddingLeft: 6 + row.depth * 14 };
            if (row.kind === "folder") {
              const count = below(row.prefix).filter((key) => shown.has(key.key)).length;
              return <Folder key={row.prefix} {...{ row, count, style, ready }} onTurn={turn} onToggle={toggleAll} />;
            }
            const { key, runs, distinct } = row.item;
            return (
              <label key={`k${key}`} className={s.item} style={style} title={key}>
                <input type="checkbox" checked={shown.has(key)} disabled={!ready} aria-label={key} onChange={() => toggle(key)} />
                <span dir="auto">{row.name}</span>
                <small>
                  {distinct > 1 ? "" : "equal · "}
                  {plural(runs, "run")}
                </small>
              </label>
            );
          })}
        </div>
      </div>
      <div className={s.foot}>
        <label>
          <input type="checkbox" checked={varying} onChange={() => setVarying(!varying)} /> only those that vary
        </label>
        <span>
          {formatCount(keys.length)}
          {query.data?.length === MOST_KEYS ? "+" : ""}
        </span>
      </div>
      <div className={s.foot}>
        <span>{plural(chosen.length, "column")} shown</span>
        <Button kind="quiet" icon="reset" disabled={isDefault} onClick={() => onChange(null)}>
          Default
        </Button>
      </div>
    </div>
  );
}

function Folder({ row, count, style, ready, onTurn, onToggle }: {
  row: TreeFolder;
  count: number;
  style: { transform: string; paddingLeft: number };
  ready: boolean;
  onTurn: (prefix: string) => void;
  onToggle: (row: TreeFolder) => void;
}) {
  return (
    <div className={s.item} style={style} data-prefix={row.prefix}>
      <input
        type="checkbox"
        checked={count === row.keys}
        disabled={!ready}
        ref={(box) => {
          if (box) box.indeterminate = count > 0 && count < row.keys;
        }}
        aria-label={`All of ${row.prefix}`}
        onChange={() => onToggle(row)}
      />
      <button type="button" className={s.folder} aria-expanded={row.open} onClick={() => onTurn(row.prefix)} title={row.prefix}>
        <span aria-hidden="true">{row.open ? "▾" : "▸"}</span> <b dir="auto">{row.name}</b>
        <small>
          {count > 0 ? `${formatCount(count)} of ` : ""}
          {formatCount(row.keys)}
        </small>
      </button>
    </div>
  );
}
