/** One metric by groups: boxes, or violins behind them, with every run as a dot while there are few. */

import { useMemo } from "react";
import { formatNumber } from "../../lib/format";
import { natural } from "../../lib/natural";
import { asNumber, axisOf, categoryAxis, type Field, valueWords } from "../fields";
import { type Box, boxOf, density } from "../maths";
import s from "./kinds.module.css";
import { Plane, planeArea, useWidth } from "./Plane";
import type { KindProps } from "./types";

interface Props extends KindProps {
  /** Null: all runs are one group. */
  x: Field | null;
  y: Field;
  violin: boolean;
}

const MOST_GROUPS = 40;
const MOST_DOTS = 60;

export interface Group {
  name: string;
  values: number[];
  box: Box;
}

export function groupsOf(x: Field | null, y: Field): Group[] {
  const groups = new Map<string, number[]>();
  y.values.forEach((value, i) => {
    const number = asNumber(value);
    if (number === null) return;
    const name = x ? valueWords(x.values[i] ?? null) : "all runs";
    const group = groups.get(name);
    if (group) group.push(number);
    else groups.set(name, [number]);
  });
  return [...groups]
    .sort(([a], [b]) => natural(a, b))
    .flatMap(([name, values]) => {
      const box = boxOf(values);
      return box ? [{ name, values, box }] : [];
    });
}

export function Boxes({ name, height, runs, lit, x, y, violin }: Props) {
  const [box, width] = useWidth();
  const all = useMemo(() => groupsOf(x, y), [x, y]);
  const groups = all.slice(0, MOST_GROUPS);
  const down = useMemo(() => axisOf(y), [y]);
  const across = useMemo(() => categoryAxis({ id: "", name: x ? x.name : "", values: groups.map((group) => group.name) }), [x, groups]);
  const area = planeArea(width, height);
  if (groups.length === 0) return <p className={s.note}>No run has a number as {y.name}</p>;
  const slot = area.width / groups.length;
  const half = Math.min(28, slot * 0.32);
  const py = (value: number) => area.top + (1 - (down.at(value) ?? 0)) * area.height;
  const words = `${name}: ${groups.map((group) => `${group.name} median ${formatNumber(group.box.median)} of ${group.box.count}`).join(", ")}`;
  return (
    <div ref={box} className={s.box}>
      {width > 0 && (
        <Plane label={words} {...{ area, width, height }} x={across} y={down} data={{ "data-chart": name, "data-kind": violin ? "violin" : "box", "data-groups": all.length, "data-points": groups.reduce((sum, group) => sum + group.values.length, 0) }}>
          {groups.map((group, i) => {
            const centre = area.left + ((across.at(group.name) ?? (i + 0.5) / groups.length)) * area.width;
            const { low, first, median, third, high, mean, outside } = group.box;
            const dots = group.values.length <= MOST_DOTS ? group.values : outside;
            return (
              <g key={group.name}>
                {violin && <Violin {...{ group, centre, half: slot * 0.42 }} py={py} />}
                <path d={`M${centre} ${py(low)}V${py(first)}M${centre} ${py(third)}V${py(high)}M${centre - half / 2} ${py(low)}h${half}M${centre - half / 2} ${py(high)}h${half}`} stroke="var(--text-2)" />
                <rect x={centre - half * (violin ? 0.4 : 1)} y={py(third)} width={2 * half * (violin ? 0.4 : 1)} height={Math.max(1, py(first) - py(third))} fill="var(--accent)" fillOpacity={violin ? 0.35 : 0.16} stroke="var(--accent)" />
                <path d={`M${centre - half * (violin ? 0.4 : 1)} ${py(median)}h${2 * half * (violin ? 0.4 : 1)}`} stroke="var(--text)" strokeWidth={2} />
                <path d={`M${centre - 3} ${py(mean)}h6m-3 -3v6`} stroke="var(--text)" />
                <path d={dots.map((value, j) => `M${(centre + spread(j) * half * 0.8).toFixed(1)} ${py(value).toFixed(1)}h0`).join("")} stroke="var(--text-2)" strokeOpacity={0.65} strokeWidth={4} strokeLinecap="round" />
              </g>
            );
          })}
          {runs.ids.map((id, i) => {
            const value = lit.includes(id) ? asNumber(y.values[i] ?? null) : null;
            const place = across.at(x ? valueWords(x.values[i] ?? null) : "all runs");
            if (value === null || place === null) return null;
            return <circle key={id} cx={area.left + place * area.width} cy={py(value)} r={6} fill={runs.colours[i]} stroke="var(--text)" strokeWidth={1.5} />;
          })}
        </Plane>
      )}
    </div>
  );
}

/** Side by side without chance: the golden ratio fills a line evenly. */
const spread = (i: number) => ((i * 0.618033988749895) % 1) * 2 - 1;

function Violin({ group, centre, half, py }: { group: Group; centre: number; half: number; py: (value: number) => number }) {
  const { low, high } = { low: Math.min(...group.values), high: Math.max(...group.values) };
  // Cut at the ends: there is nothing beyond them.
  const places = Array.from({ length: 41 }, (_, i) => low + ((high - low) * i) / 40);
  const found = density(group.values, places);
  if (!found) return null;
  const most = Math.max(...found);
  const side = (sign: number) => places.map((place, i) => `${(centre + (sign * half * (found[i] ?? 0)) / most).toFixed(1)} ${py(place).toFixed(1)}`);
  return <path d={`M${side(1).join("L")}L${side(-1).reverse().join("L")}Z`} fill="var(--accent)" fillOpacity={0.14} stroke="var(--accent)" strokeOpacity={0.5} />;
}
