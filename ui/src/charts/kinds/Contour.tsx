/** A metric over two fields: a surface through the runs, in steps of colour, with the runs on it. */

import { useMemo } from "react";
import { axisOf, type Field } from "../fields";
import { surface } from "../maths";
import { level, LEVELS, levelColour } from "../ramp";
import { Legend } from "./Legend";
import s from "./kinds.module.css";
import { Plane, planeArea, useWidth } from "./Plane";
import type { KindProps } from "./types";

interface Props extends KindProps {
  x: Field;
  y: Field;
  z: Field;
}

const COLUMNS = 72;
const ROWS = 48;

export function Contour({ name, height, runs, x, y, z, lit }: Props) {
  const [box, width] = useWidth();
  const axes = useMemo(() => ({ x: axisOf(x), y: axisOf(y), z: axisOf(z) }), [x, y, z]);
  const points = useMemo(
    () =>
      runs.ids.flatMap((id, i) => {
        const [px, py, pz] = [axes.x.at(x.values[i] ?? null), axes.y.at(y.values[i] ?? null), axes.z.at(z.values[i] ?? null)];
        return px === null || py === null || pz === null ? [] : [{ id, x: px, y: py, z: pz }];
      }),
    [runs, axes, x, y, z],
  );
  const cells = useMemo(() => cellsOf(points), [points]);
  const area = planeArea(width, height, 66);
  if (points.length < 4 || !axes.z.numeric) return <p className={s.note}>It takes four runs with {x.name}, {y.name} and a number as {z.name}</p>;
  const [w, h] = [area.width / COLUMNS, area.height / ROWS];
  const path = (places: readonly number[]) =>
    places.map((at) => `M${(area.left + (at % COLUMNS) * w).toFixed(1)} ${(area.top + area.height - (Math.floor(at / COLUMNS) + 1) * h).toFixed(1)}h${(w + 0.4).toFixed(1)}v${(h + 0.4).toFixed(1)}h${(-w - 0.4).toFixed(1)}z`).join("");
  return (
    <div ref={box} className={s.box}>
      {width > 0 && (
        <Plane label={`${name}: ${z.name} over ${x.name} and ${y.name}, ${points.length} runs`} {...{ area, width, height }} x={axes.x} y={axes.y} data={{ "data-chart": name, "data-kind": "contour", "data-points": points.length }}>
          {cells.map((places, step) => (places.length ? <path key={step} d={path(places)} fill={levelColour(step)} fillOpacity={0.8} /> : null))}
          <path
            d={points.map((one) => `M${(area.left + one.x * area.width).toFixed(1)} ${(area.top + (1 - one.y) * area.height).toFixed(1)}h0`).join("")}
            stroke="var(--bg)"
            strokeWidth={6}
            strokeLinecap="round"
          />
          <path
            d={points.map((one) => `M${(area.left + one.x * area.width).toFixed(1)} ${(area.top + (1 - one.y) * area.height).toFixed(1)}h0`).join("")}
            stroke="var(--text)"
            strokeWidth={3.5}
            strokeLinecap="round"
          />
          {points
            .filter((one) => lit.includes(one.id))
            .map((one) => (
              <circle key={one.id} cx={area.left + one.x * area.width} cy={area.top + (1 - one.y) * area.height} r={6} fill="var(--accent)" stroke="var(--bg)" strokeWidth={2} />
            ))}
          <Legend axis={axes.z} left={area.left + area.width + 12} top={area.top} height={Math.min(120, area.height)} />
        </Plane>
      )}
    </div>
  );
}

/** Cells of the grid by the step of colour that they have. */
function cellsOf(points: readonly { x: number; y: number; z: number }[]): number[][] {
  const found: number[][] = Array.from({ length: LEVELS }, () => []);
  surface(points, COLUMNS, ROWS).values.forEach((value, i) => {
    if (!Number.isNaN(value)) found[level(value)]?.push(i);
  });
  return found;
}
