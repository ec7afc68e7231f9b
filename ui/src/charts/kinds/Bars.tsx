/** A field as bars: one a run, the highest first and what is no finite number last; or the mean of each group with its 95 % interval. */

import { useMemo } from "react";
import { cut } from "../../lib/cut";
import { formatNumber } from "../../lib/format";
import { asNumber, endless, type Field } from "../fields";
import { groupsOf } from "./Boxes";
import s from "./kinds.module.css";
import { TEXT, useWidth } from "./Plane";
import type { KindProps } from "./types";

interface Props extends Omit<KindProps, "inside" | "onOpen"> {
  onOpen?: KindProps["onOpen"];
  x: Field | null;
  y: Field;
}

interface Bar {
  key: string;
  label: string;
  /** Null for NaN and the infinities, which have words and no length. */
  value: number | null;
  words: string;
  colour: string;
  reach: number | null;
}

const MOST = 60;
const ROW = 20;
/** Two-sided 95 % points of Student's t for 1 to 30 degrees of freedom. */
const T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042];

export function meanReach(values: readonly number[]): number | null {
  const n = values.length;
  if (n < 2) return null;
  const mean = values.reduce((sum, value) => sum + value / n, 0);
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
  return ((T95[n - 2] ?? 1.96 + 2.4 / (n - 1)) * deviation) / Math.sqrt(n);
}

export function Bars({ name, height, runs, x, y, lit, onLit, onOpen }: Props) {
  const [box, width] = useWidth();
  const bars = useMemo((): Bar[] => {
    if (x) return groupsOf(x, y).map(({ name: label, values, box: { mean } }) => ({ key: label, label, value: mean, words: `${formatNumber(mean)} n=${values.length}`, colour: "var(--accent)", reach: meanReach(values) }));
    const found = runs.ids.flatMap((id, i): Bar[] => {
      const logged = y.values[i] ?? null;
      const value = asNumber(logged);
      if (value === null && !endless(logged)) return [];
      return [{ key: id, label: runs.labels[i] ?? id, value, words: formatNumber(logged), colour: runs.colours[i] ?? "var(--accent)", reach: null }];
    });
    return found.sort((a, b) => (b.value ?? Number.NEGATIVE_INFINITY) - (a.value ?? Number.NEGATIVE_INFINITY) || 0);
  }, [runs, x, y]);
  if (bars.length === 0) return <p className={s.note}>No run has a number as {y.name}</p>;
  const shown = bars.slice(0, MOST);
  const [left, right] = [Math.min(150, width * 0.35), x ? 116 : 66];
  const letters = Math.max(6, Math.min(22, Math.floor((left - 8) / 7.6)));
  const ends = shown.flatMap(({ value, reach }) => (value === null ? [] : [value - (reach ?? 0), value + (reach ?? 0)]));
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const px = (value: number) => left + ((value - low) / (high - low || 1)) * Math.max(20, width - left - right);
  const tall = Math.max(height, shown.length * ROW + 24);
  return (
    <div ref={box} className={s.box} style={{ height }} tabIndex={0} role="region" aria-label={`${name}, bars`}>
      {width > 0 && (
        <svg
          width={width}
          height={tall}
          viewBox={`0 0 ${width} ${tall}`}
          className={s.svg}
          style={{ touchAction: "auto" }}
          role="img"
          aria-label={`${name}: ${bars.length} bars, highest ${shown[0]?.words ?? ""} of ${shown[0]?.label ?? ""}`}
          data-testid="chart"
          data-chart={name}
          data-kind="bar"
          data-drawn="true"
          data-series={bars.length}
          data-points={bars.length}
          data-max={Math.max(...bars.flatMap(({ value }) => value ?? []))}
          onPointerLeave={() => onLit(null)}
        >
          {shown.map(({ key, label, value, words, colour, reach }, i) => {
            const top = i * ROW + 4;
            const dim = !x && lit.length > 0 && !lit.includes(key);
            return (
              <g key={key} onPointerEnter={() => !x && onLit(key)} onClick={() => !x && onOpen?.(key)} style={{ cursor: x || !onOpen ? "default" : "pointer" }}>
                {label.length > letters && <title>{label}</title>}
                <rect x={0} y={top - 2} width={width} height={ROW} fill="transparent" />
                <text x={left - 8} y={top + 12} textAnchor="end" {...TEXT}>
                  {cut(label, letters)}
                </text>
                {value !== null && <rect x={Math.min(px(0), px(value))} y={top + 2} width={Math.max(1, Math.abs(px(value) - px(0)))} height={12} rx={2} fill={colour} fillOpacity={dim ? 0.35 : 0.9} />}
                {value !== null && reach !== null && <path d={`M${px(value - reach)} ${top + 8}H${px(value + reach)}M${px(value - reach)} ${top + 4}v8M${px(value + reach)} ${top + 4}v8`} stroke="var(--text)" />}
                <text x={width - 4} y={top + 12} textAnchor="end" {...TEXT} fill="var(--text)">
                  {words}
                </text>
              </g>
            );
          })}
          {bars.length > MOST && (
            <text x={left} y={shown.length * ROW + 18} {...TEXT}>
              and {bars.length - MOST} more
            </text>
          )}
        </svg>
      )}
    </div>
  );
}
