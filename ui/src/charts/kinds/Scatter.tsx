/** Runs as points: two fields, a third as colour, a trend, a brush. */

import { useMemo, useState } from "react";
import { formatNumber } from "../../lib/format";
import { axisOf, type Field } from "../fields";
import { trend } from "../maths";
import { level, levelColour } from "../ramp";
import { brushOf } from "./brushes";
import { Legend } from "./Legend";
import s from "./kinds.module.css";
import { Plane, planeArea, TEXT, useWidth } from "./Plane";
import { RunTip, type TipPlace } from "./runTip";
import type { Brushes, KindProps, OnBrush } from "./types";

interface Props extends KindProps {
  x: Field;
  y: Field;
  z: Field | null;
  withTrend: boolean;
  brushes: Brushes;
  onBrush: OnBrush;
}

const NEAR = 14;

export function Scatter(props: Props) {
  const { name, height, runs, inside, lit, onLit, onOpen, x, y, z, withTrend, brushes, onBrush } = props;
  const [box, width] = useWidth();
  const [tip, setTip] = useState<TipPlace | null>(null);
  const axes = useMemo(() => ({ x: axisOf(x), y: axisOf(y), z: z && axisOf(z) }), [x, y, z]);
  const area = planeArea(width, height, z ? 66 : 14);
  const points = useMemo(
    () =>
      runs.ids.flatMap((id, i) => {
        const [px, py] = [axes.x.at(x.values[i] ?? null), axes.y.at(y.values[i] ?? null)];
        if (px === null || py === null) return [];
        const share = axes.z?.at(z?.values[i] ?? null) ?? null;
        const colour = z ? (share === null ? "var(--text-3)" : levelColour(level(share))) : (runs.colours[i] ?? "var(--accent)");
        return [{ id, i, px, py, colour, inside: inside[i] ?? true }];
      }),
    [runs, axes, x, y, z, inside],
  );
  const fit = useMemo(() => (withTrend && axes.x.numeric && axes.y.numeric ? trend(points.map((one) => one.px), points.map((one) => one.py)) : null), [withTrend, axes, points]);
  const place = (px: number, py: number) => [area.left + px * area.width, area.top + (1 - py) * area.height] as const;
  const dots = useMemo(() => {
    const groups = new Map<string, typeof points>();
    for (const point of points) {
      const key = `${point.colour} ${point.inside}`;
      const group = groups.get(key);
      if (group) group.push(point);
      else groups.set(key, [point]);
    }
    return [...groups.values()];
  }, [points]);
  // Thousands of points are not written anew for each move of the mouse.
  const drawn = useMemo(
    () =>
      dots.map((group) => (
        <path
          key={`${group[0]?.colour} ${group[0]?.inside}`}
          d={group.map((one) => `M${place(one.px, one.py).map((value) => value.toFixed(1)).join(" ")}h0`).join("")}
          stroke={group[0]?.colour}
          strokeOpacity={group[0]?.inside ? 0.85 : 0.18}
          strokeWidth={points.length > 500 ? 5 : 7}
          strokeLinecap="round"
          fill="none"
        />
      )),
    [dots, width, height],
  );
  const point = (at: { x: number; y: number } | null) => {
    let best: TipPlace | null = null;
    let far = NEAR * NEAR;
    for (const one of at ? points : []) {
      const [cx, cy] = place(one.px, one.py);
      const distance = (cx - (at?.x ?? 0)) ** 2 + (cy - (at?.y ?? 0)) ** 2;
      if (distance < far) {
        far = distance;
        best = { index: one.i, x: cx, y: cy };
      }
    }
    setTip(best);
    onLit(best ? (runs.ids[best.index] ?? null) : null);
  };
  const brushed = (chosen: { x: [number, number]; y: [number, number] } | null) =>
    onBrush(
      chosen
        ? [
            [x, brushOf(axes.x, chosen.x)],
            [y, brushOf(axes.y, chosen.y)],
          ]
        : brushes.size
          ? [
              [x, null],
              [y, null],
            ]
          : [],
    );
  const words = `${name}: ${points.length} runs, ${x.name} against ${y.name}${fit ? `, a straight line explains ${formatNumber(fit.r2 * 100, 3)} percent` : ""}`;
  if (points.length === 0) return <p className={s.note}>No run has both {x.name} and {y.name}</p>;
  return (
    <div ref={box} className={s.box}>
      {width > 0 && (
        <Plane
          label={words}
          {...{ area, width, height }}
          x={axes.x}
          y={axes.y}
          data={{ "data-chart": name, "data-kind": "scatter", "data-points": points.length, "data-inside": points.filter((one) => one.inside).length }}
          onBrush={brushed}
          onPoint={point}
          onPick={tip ? () => onOpen(runs.ids[tip.index] ?? "") : undefined}
        >
          {drawn}
          {fit && <TrendLine {...{ area, fit }} />}
          {points
            .filter((one) => lit.includes(one.id))
            .map((one) => (
              <circle key={one.id} cx={place(one.px, one.py)[0]} cy={place(one.px, one.py)[1]} r={6} fill={one.colour} stroke="var(--text)" strokeWidth={1.5} />
            ))}
          {z && axes.z && <Legend axis={axes.z} left={area.left + area.width + 12} top={area.top} height={Math.min(120, area.height)} />}
        </Plane>
      )}
      {tip && <RunTip place={tip} width={width} label={runs.labels[tip.index] ?? ""} fields={z && z.id !== x.id && z.id !== y.id ? [x, y, z] : [x, y]} />}
    </div>
  );
}

/** Straight on the axes as they are, logarithmic ones included. */
function TrendLine({ area, fit }: { area: ReturnType<typeof planeArea>; fit: { slope: number; intercept: number; r2: number } }) {
  const y = (x: number) => area.top + (1 - (fit.intercept + fit.slope * x)) * area.height;
  return (
    <g aria-hidden="true">
      <path d={`M${area.left} ${y(0)}L${area.left + area.width} ${y(1)}`} stroke="var(--text-2)" strokeDasharray="6 3" strokeWidth={1.5} />
      <text x={area.left + area.width - 6} y={area.top + 12} textAnchor="end" {...TEXT}>
        R² {fit.r2.toFixed(2)}
      </text>
    </g>
  );
}
