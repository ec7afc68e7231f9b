/** Panels in sections that fold, in rows drawn only where they are seen. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { plural } from "../lib/format";
import { Icon } from "../ui/Icon";
import { usePrinting } from "../ui/usePrinting";
import s from "./Board.module.css";
import { packed, type PanelPlace, type PanelRow, type PanelSection } from "./packing";

const GAP = 12;
/** A column is at least so wide, and at most so many stand side by side. */
const COLUMN = 360;
const HEAD = 36;
const TILE = 44;

interface Props {
  sections: readonly PanelSection[];
  folded: ReadonlySet<string>;
  onFold: (name: string) => void;
  /** What scrolls; the page itself if not given. */
  scroller?: () => HTMLElement | null;
  render: (panel: PanelPlace, columns: number) => ReactNode;
}

type Row = { section: PanelSection } | (PanelRow & { columns: number; tiles: boolean });

const page = () => document.getElementById("main");

export function PanelRows({ sections, folded, onFold, scroller = page, render }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [columns, setColumns] = useState(3);
  const [margin, setMargin] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => {
      setColumns(Math.max(1, Math.floor((element.clientWidth + GAP) / (COLUMN + GAP))));
      setMargin(element.offsetTop);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const headed = sections.length > 1;
  // There may be 100,000 panels, and a scroll draws anew for each frame.
  const rows = useMemo(() => rowsOf(sections, headed, columns, folded), [sections, headed, columns, folded]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: scroller,
    estimateSize: (i) => heightOf(rows[i]),
    overscan: 1,
    scrollMargin: margin,
  });
  const sizes = useMemo(() => rows.map(heightOf).join(), [rows]);
  useEffect(() => virtual.measure(), [virtual, sizes]);
  const printing = usePrinting();
  const seen = useRef(new Set<string>());
  const items = virtual.getVirtualItems();
  for (const { index } of items) for (const panel of panelsOf(rows[index])) seen.current.add(panel.id);
  const unseen = printing ? rows.flatMap(panelsOf).filter((panel) => !seen.current.has(panel.id)).length : 0;
  return (
    <div ref={box} className={s.space} style={{ height: virtual.getTotalSize() }}>
      {(printing ? printed(rows, seen.current) : items).map((item) => {
        const row = rows[item.index];
        if (!row) return null;
        return (
          <div key={item.key} className={s.row} style={{ transform: `translateY(${item.start - margin}px)` }}>
            {"section" in row ? (
              <SectionHead section={row.section} folded={folded.has(row.section.name)} onToggle={() => onFold(row.section.name)} />
            ) : (
              <div className={s.cards} style={{ gridTemplateColumns: `repeat(${row.columns}, minmax(0, 1fr))` }}>
                {row.panels.map((panel) => (
                  <div key={panel.id} style={panel.wide > 1 ? { gridColumn: `span ${Math.min(panel.wide, row.columns)}` } : undefined}>
                    {render(panel, row.columns)}
                  </div>
                ))}
              </div>
            )}
          </div>
        );
      })}
      {unseen > 0 && <p className={s.unseen}>and {plural(unseen, "chart")} not scrolled to before printing</p>}
    </div>
  );
}

const panelsOf = (row: Row | undefined): readonly PanelPlace[] => (row && "panels" in row ? row.panels : []);

/** Rows on paper at most. */
const MOST_PRINTED = 60;

/** What was drawn once is printed, wherever the page is scrolled to; of the others nothing is here. */
function printed(rows: readonly Row[], seen: ReadonlySet<string>): { index: number; key: number; start: number }[] {
  const known = rows.map((row) => panelsOf(row).some((panel) => seen.has(panel.id)));
  return rows.flatMap((row, index) => (known[index] || ("section" in row && known[index + 1]) ? [{ index, key: index, start: 0 }] : [])).slice(0, MOST_PRINTED);
}

function rowsOf(sections: readonly PanelSection[], headed: boolean, columns: number, folded: ReadonlySet<string>): Row[] {
  return sections.flatMap((section): Row[] => {
    const head = headed ? [{ section }] : [];
    if (headed && folded.has(section.name)) return head;
    const tiles = section.panels.filter((panel) => panel.tile);
    const charts = section.panels.filter((panel) => !panel.tile);
    const narrow = columns === 1 ? 1 : columns + 1;
    // Few charts may be wider, though never wider than half of the page.
    const wide = Math.max(Math.min(columns, 2), Math.min(columns, charts.length));
    return [
      ...head,
      ...packed(tiles, narrow, TILE).map((row) => ({ ...row, columns: narrow, tiles: true })),
      ...packed(charts, wide).map((row) => ({ ...row, columns: wide, tiles: false })),
    ];
  });
}

function heightOf(row: Row | undefined): number {
  return !row ? 0 : "section" in row ? HEAD : row.height + GAP;
}

function SectionHead({ section, folded, onToggle }: { section: PanelSection; folded: boolean; onToggle: () => void }) {
  return (
    <h2>
      <button type="button" className={s.section} aria-expanded={!folded} onClick={onToggle}>
        <Icon name={folded ? "right" : "down"} size={14} />
        <span dir="auto">{section.title ?? (section.name || "metrics")}</span> <small>{section.panels.length}</small>
      </button>
    </h2>
  );
}
