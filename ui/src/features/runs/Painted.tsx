/** Cells that draw: a number beside its curve, over a bar, or on a ground that tells how good it is. */

import { useQueries, useQuery } from "@tanstack/react-query";
import type { CSSProperties, ReactNode } from "react";
import { tableQuery } from "../../api/runs";
import { sparkQuery } from "../../api/sparks";
import { orderTerm } from "../../lib/columns";
import { runColour } from "../../lib/palette";
import { shareOf, sparkPath } from "../../lib/spark";
import type { CellLooks, GridColumn } from "./layout";
import s from "./Painted.module.css";
import type { Cell } from "./useRows";

interface Props {
  column: GridColumn;
  looks: CellLooks;
  run: string;
  ordinal: number;
  experiment: string;
  colour: Cell | undefined;
  value: Cell | undefined;
  children: ReactNode;
}

export function Painted(props: Props) {
  return props.looks.how === "spark" ? <Spark {...props} /> : <Ground {...props} />;
}

const [WIDTH, HEIGHT] = [64, 20];

function Spark({ column, run, ordinal, experiment, colour, children }: Props) {
  const { data } = useQuery(sparkQuery(run, column.spec?.key ?? ""));
  return (
    <span className={s.beside}>
      <svg width={WIDTH} height={HEIGHT} aria-hidden="true" data-spark={data?.values.length} style={{ color: runColour(ordinal, experiment, colour) }}>
        {data && <path d={sparkPath(data.values, data.steps, WIDTH, HEIGHT)} />}
      </svg>
      <span>{children}</span>
    </span>
  );
}

/** Rows in which a number that is finite is looked for. */
const DIVERGED = 50;

/** Least and greatest of all runs that match, in sight or not: the same bar means the same wherever one scrolls. */
function useRange({ id }: GridColumn, { spec }: CellLooks): [Cell, Cell] {
  const ask = (descending: boolean) => tableQuery({ ...spec, order_by: [orderTerm({ id, descending })], columns: [id] }, 0, DIVERGED);
  const found = useQueries({ queries: [ask(false), ask(true)] });
  const value = (i: number) => found[i]?.data?.columns[0]?.values.find((one) => typeof one === "number") ?? null;
  return [value(0), value(1)];
}

function Ground({ column, looks, value, children }: Props) {
  const [low, high] = useRange(column, looks);
  const share = shareOf(value, low, high);
  if (share === null) return children;
  const heat = looks.how === "heat";
  const part = heat && looks.lower ? 1 - share : share;
  return (
    <span className={heat ? s.heat : s.bar} data-share={part.toFixed(3)} style={{ "--part": `${(part * 100).toFixed(1)}%` } as CSSProperties}>
      {children}
    </span>
  );
}
