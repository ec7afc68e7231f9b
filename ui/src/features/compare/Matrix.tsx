import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, useRef } from "react";
import type { ComparedRun } from "../../api/schema.gen";
import { COLOUR_TAG } from "../../lib/palette";
import { Icon } from "../../ui/Icon";
import { PaperTable } from "../../ui/PaperTable";
import { RunDot } from "../../ui/RunDot";
import { usePrinting } from "../../ui/usePrinting";
import s from "./Compare.module.css";

export interface MatrixCell {
  text: string;
  title: string;
  best: boolean;
  delta: string;
}

interface Props {
  label: string;
  runs: readonly ComparedRun[];
  baseIndex: number;
  keys: readonly string[];
  cell: (row: number, column: number) => MatrixCell;
  onDrop: (id: string) => void;
}

export function nameOf(run: ComparedRun): string {
  return run.info.run_name || run.info.run_id.slice(0, 8);
}

const ROW = 32;

/** On the screen, or whole on paper. */
export function Matrix(props: Props) {
  return (
    <>
      {usePrinting() && <Sheets {...props} />}
      <Scrolled {...props} />
    </>
  );
}

/** Keys that are printed at most. */
const MOST_PRINTED = 400;

function Sheets({ label, runs, baseIndex, keys, cell }: Props) {
  const at = new Map(runs.map((run, i) => [run.info.run_id, i]));
  return (
    <>
      {keys.length > MOST_PRINTED && <p>{`the first ${MOST_PRINTED} of ${keys.length}`}</p>}
      <PaperTable
        label={label}
        lead={[{ id: "", head: label, room: 150 }]}
        columns={runs.map((run, i) => ({
          id: run.info.run_id,
          head: (
            <>
              <RunDot ordinal={run.info.ordinal} experiment={run.info.experiment_id} own={run.tags[COLOUR_TAG]} /> {nameOf(run)}
              {i === baseIndex && <span className={s.base}> baseline</span>}
            </>
          ),
          room: 110,
        }))}
        rows={keys.slice(0, MOST_PRINTED).map((key, row) => ({
          key: `${row}`,
          cell: (id) => {
            if (id === "") return <span dir="auto">{key}</span>;
            const { text, best, delta } = cell(row, at.get(id) ?? 0);
            return (
              <span dir="auto" className={best ? s.best : undefined}>
                {best && "★ "}
                {text} {delta && <small>{delta}</small>}
              </span>
            );
          },
        }))}
      />
    </>
  );
}

/** Keys down, runs across; head and keys stay in sight. */
function Scrolled({ label, runs, baseIndex, keys, cell, onDrop }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: keys.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 4,
    initialRect: { width: 900, height: 480 },
  });
  return (
    <div
      ref={box}
      className={s.matrix}
      role="table"
      aria-label={label}
      aria-rowcount={keys.length + 1}
      tabIndex={0}
      data-testid="compare-table"
      data-part={label.toLowerCase()}
      style={{ "--runs": runs.length } as CSSProperties}
    >
      <div role="row" className={`${s.row} ${s.head}`}>
        <div role="columnheader" className={`${s.cell} ${s.key}`}>
          {label}
        </div>
        {runs.map((run, i) => (
          <div key={run.info.run_id} role="columnheader" className={s.cell}>
            <RunDot ordinal={run.info.ordinal} experiment={run.info.experiment_id} own={run.tags[COLOUR_TAG]} />
            <Link to="/runs/$runId" params={{ runId: run.info.run_id }} title={nameOf(run)} dir="auto">
              {nameOf(run)}
            </Link>
            {i === baseIndex && <span className={s.base}>baseline</span>}
            <button type="button" className={s.drop} aria-label={`Leave ${nameOf(run)} out`} onClick={() => onDrop(run.info.run_id)}>
              <Icon name="cross" size={12} />
            </button>
          </div>
        ))}
      </div>
      <div role="rowgroup" style={{ height: rows.getTotalSize(), position: "relative" }}>
        {/* As wide as the rows, which are laid over it. */}
        <div style={{ width: "max-content", height: 0, overflow: "hidden", display: "flex" }} aria-hidden="true">
          <div className={`${s.cell} ${s.key}`} />
          {runs.map((run) => (
            <div key={run.info.run_id} className={s.cell} />
          ))}
        </div>
        {rows.getVirtualItems().map((item) => (
          <div
            key={item.key}
            role="row"
            aria-rowindex={item.index + 2}
            className={`${s.row} ${s.flow}`}
            style={{ transform: `translateY(${item.start}px)` }}
          >
            <div role="rowheader" className={`${s.cell} ${s.key}`} title={keys[item.index]}>
              <span dir="auto">{keys[item.index]}</span>
            </div>
            {runs.map((run, i) => {
              const { text, title, best, delta } = cell(item.index, i);
              return (
                <div key={run.info.run_id} role="cell" className={`${s.cell} ${s.number} ${best ? s.best : ""}`} title={title}>
                  <span dir="auto">
                    {best && "★ "}
                    {text}
                  </span>
                  {delta && <span className={s.delta}>{delta}</span>}
                </div>
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}
