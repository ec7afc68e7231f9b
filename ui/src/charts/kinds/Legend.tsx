/** What the colours of numbers mean. */

import { cut } from "../../lib/cut";
import type { Axis } from "../fields";
import { LEVELS, levelColour } from "../ramp";
import { TEXT } from "./Plane";

export function Legend({ axis, left, top, height }: { axis: Axis; left: number; top: number; height: number }) {
  const step = height / LEVELS;
  return (
    <g aria-hidden="true">
      {Array.from({ length: LEVELS }, (_, i) => (
        <rect key={i} x={left} y={top + height - (i + 1) * step} width={10} height={step + 0.5} fill={levelColour(i)} />
      ))}
      {axis.marks(3).map(({ at, label }) => (
        <text key={label} x={left + 14} y={top + (1 - at) * height + 4} {...TEXT} fontSize={10}>
          {label}
        </text>
      ))}
      <text x={left + 44} y={top + height + 14} textAnchor="end" {...TEXT} fontSize={10}>
        {cut(axis.name, 11)}
      </text>
    </g>
  );
}
