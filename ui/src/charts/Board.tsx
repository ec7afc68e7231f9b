/** Charts in sections by prefix, drawn only where they are seen; one set of controls for all. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Button } from "../ui/Button";
import { Empty } from "../ui/Empty";
import { SearchField } from "../ui/Field";
import { Icon } from "../ui/Icon";
import s from "./Board.module.css";
import { CARD_HEIGHT } from "./ChartCard";
import type { XAxis } from "./lines";
import { type Section, sections } from "./sections";
import type { ChartSettings } from "./settings";

const GAP = 12;
const CARD_WIDTH = 400;
const HEAD = 36;
const TILE_HEIGHT = 44;

interface Props {
  keys: readonly string[];
  settings: ChartSettings;
  onChange: (settings: ChartSettings) => void;
  render: (key: string) => ReactNode;
  /** Keys that have one value only and are drawn as a tile. */
  isTile?: (key: string) => boolean;
}

type Row = { section: Section } | { keys: readonly string[]; columns: number; tiles: boolean };

const never = () => false;

export function Board({ keys, settings, onChange, render, isTile = never }: Props) {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const box = useRef<HTMLDivElement>(null);
  const [columns, setColumns] = useState(3);
  const [margin, setMargin] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => {
      setColumns(Math.max(1, Math.floor((element.clientWidth + GAP) / (CARD_WIDTH + GAP))));
      setMargin(element.offsetTop);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const groups = sections(keys, settings.find);
  const rows: Row[] = groups.flatMap((section): Row[] => {
    const head = groups.length > 1 ? [{ section }] : [];
    if (folded.has(section.name) && groups.length > 1) return head;
    const tiles = section.keys.filter(isTile);
    const charts = section.keys.filter((key) => !isTile(key));
    const narrow = columns === 1 ? 1 : columns + 1;
    // Few charts may be wider, though never wider than half of the page.
    const wide = Math.max(Math.min(columns, 2), Math.min(columns, charts.length));
    return [
      ...head,
      ...chunks(tiles, narrow).map((keys) => ({ keys, columns: narrow, tiles: true })),
      ...chunks(charts, wide).map((keys) => ({ keys, columns: wide, tiles: false })),
    ];
  });
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => document.getElementById("main"),
    estimateSize: (i) => heightOf(rows[i]),
    overscan: 1,
    scrollMargin: margin,
  });
  const sizes = rows.map(heightOf).join();
  useEffect(() => virtual.measure(), [virtual, sizes]);
  const toggle = (name: string) => {
    const next = new Set(folded);
    if (!next.delete(name)) next.add(name);
    setFolded(next);
  };
  return (
    <>
      <Controls settings={settings} onChange={onChange} />
      {groups.length === 1 && <h2 className="hidden-word">Charts</h2>}
      {rows.length === 0 && (
        <Empty icon="search" title="No metric has this in its name">
          <Button onClick={() => onChange({ ...settings, find: "" })}>Clear the search</Button>
        </Empty>
      )}
      <div ref={box} className={s.space} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <div key={item.key} className={s.row} style={{ transform: `translateY(${item.start - margin}px)` }}>
              {"section" in row ? (
                <SectionHead section={row.section} folded={folded.has(row.section.name)} onToggle={() => toggle(row.section.name)} />
              ) : (
                <div className={s.cards} style={{ gridTemplateColumns: `repeat(${row.columns}, minmax(0, 1fr))` }}>
                  {row.keys.map((key) => (
                    <div key={key}>{render(key)}</div>
                  ))}
                </div>
              )}
            </div>
          );
        })}
      </div>
    </>
  );
}

function heightOf(row: Row | undefined): number {
  if (row && "section" in row) return HEAD;
  return (row?.tiles ? TILE_HEIGHT : CARD_HEIGHT) + GAP;
}

function chunks(keys: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(keys.length / size) }, (_, i) => keys.slice(i * size, (i + 1) * size));
}

function SectionHead({ section, folded, onToggle }: { section: Section; folded: boolean; onToggle: () => void }) {
  return (
    <h2>
      <button type="button" className={s.section} aria-expanded={!folded} onClick={onToggle}>
        <Icon name={folded ? "right" : "down"} size={14} />
        <span dir="auto">{section.name || "metrics"}</span> <small>{section.keys.length}</small>
      </button>
    </h2>
  );
}

const AXES: Readonly<Record<XAxis, string>> = { step: "Step", relative: "Time since the start", time: "Time of day" };

function Controls({ settings, onChange }: Pick<Props, "settings" | "onChange">) {
  const set = (change: Partial<ChartSettings>) => onChange({ ...settings, ...change });
  return (
    <div className={s.tools} role="group" aria-label="How the charts are drawn" data-screen-only>
      <SearchField label="Search metrics" data-main-search value={settings.find} onChange={(event) => set({ find: event.target.value })} />
      <label>
        x
        <select value={settings.x} onChange={(event) => set({ x: event.target.value as XAxis, zoom: null })}>
          {Object.entries(AXES).map(([axis, name]) => (
            <option key={axis} value={axis}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Smoothing
        <input
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          value={settings.smooth}
          onChange={(event) => set({ smooth: Number(event.target.value) })}
        />
        <output className="num">{settings.smooth.toFixed(2)}</output>
      </label>
      <label>
        <input type="checkbox" checked={settings.logY} onChange={(event) => set({ logY: event.target.checked })} /> log y
      </label>
      <label>
        <input
          type="checkbox"
          checked={settings.logX}
          disabled={settings.x === "time"}
          onChange={(event) => set({ logX: event.target.checked })}
        />{" "}
        log x
      </label>
      {settings.zoom && (
        <Button kind="quiet" icon="reset" onClick={() => set({ zoom: null })}>
          Reset zoom
        </Button>
      )}
    </div>
  );
}
