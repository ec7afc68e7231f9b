/** The columns to choose from. */

import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, useState } from "react";
import { type KeyKind, keysQuery } from "../../api/keys";
import { column, columnId } from "../../lib/columns";
import { formatCount, plural } from "../../lib/format";
import { Button } from "../../ui/Button";
import { SearchField } from "../../ui/Field";
import s from "./ColumnPicker.module.css";
import type { ColumnPickerProps } from "./ColumnPicker";

const KINDS: readonly { kind: KeyKind; name: string }[] = [
  { kind: "metrics", name: "Metrics" },
  { kind: "params", name: "Params" },
  { kind: "tags", name: "Tags" },
];

export function ColumnList({ experiments, chosen, isDefault, onChange }: ColumnPickerProps) {
  const [kind, setKind] = useState<KeyKind>("metrics");
  const [contains, setContains] = useState("");
  const [varying, setVarying] = useState(false);
  const query = useQuery(keysQuery(kind, experiments, contains));
  const keys = (query.data ?? []).filter((key) => !varying || key.distinct > 1);
  const shown = new Set(chosen.map(columnId));
  const toggle = (key: string) => {
    const spec = column(kind, key);
    const has = chosen.some((one) => one.kind === kind && one.key === key);
    onChange(has ? chosen.filter((one) => one.kind !== kind || one.key !== key) : [...chosen, spec]);
  };
  const list = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: keys.length,
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
          <button key={one.kind} type="button" aria-pressed={kind === one.kind} onClick={() => setKind(one.kind)}>
            {one.name}
          </button>
        ))}
      </div>
      <div ref={list} className={s.list} tabIndex={0} role="group" aria-label={`${kind} to show`}>
        {keys.length === 0 && !query.isPending && <p className={s.note}>No such key.</p>}
        <div style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((item) => {
            const key = keys[item.index];
            if (!key) return null;
            return (
              <label key={key.key} className={s.item} style={{ transform: `translateY(${item.start}px)` }} title={key.key}>
                <input
                  type="checkbox"
                  checked={shown.has(`${kind}.${key.key}`) || chosen.some((one) => one.kind === kind && one.key === key.key)}
                  onChange={() => toggle(key.key)}
                />
                <span dir="auto">{key.key}</span>
                <small>
                  {key.distinct > 1 ? "" : "equal · "}
                  {plural(key.runs, "run")}
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
          {keys.length === 1000 ? "+" : ""}
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
