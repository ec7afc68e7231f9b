/** Which params matter: importance with its interval, and correlation with its own. */

import { cut } from "../../lib/cut";
import { formatNumber } from "../../lib/format";
import s from "./kinds.module.css";
import { TEXT, useWidth } from "./Plane";

export interface ParamRow {
  name: string;
  numeric: boolean;
  importance: number;
  low: number | null;
  high: number | null;
  correlation: number | null;
  correlation_low: number | null;
  correlation_high: number | null;
  p: number | null;
}

interface Props {
  name: string;
  height: number;
  params: readonly ParamRow[];
  words: string;
}

const ROW = 26;
const HEAD = 22;

export function pWords(p: number | null): string {
  if (p === null) return "";
  return p < 0.001 ? "p < 0.001" : `p ${p.toPrecision(2)}`;
}

export function Importances({ name, height, params, words }: Props) {
  const [box, width] = useWidth();
  const tall = HEAD + params.length * ROW + 6;
  const left = Math.min(140, width * 0.28);
  const half = (width - left - 20) / 2;
  const most = Math.max(0.01, ...params.map((row) => Math.max(row.importance, row.high ?? 0)));
  const px = (value: number) => left + (Math.max(0, Math.min(most, value)) / most) * (half - 60);
  const middle = left + half + 20 + (half - 70) / 2;
  const cx = (value: number) => middle + (value * (half - 70)) / 2;
  return (
    <div ref={box} className={s.box} style={{ height }} tabIndex={0} role="region" aria-label={`${name}, params`}>
      <p className={s.words}>{words}</p>
      {width > 0 && params.length > 0 && (
        <svg width={width} height={tall} viewBox={`0 0 ${width} ${tall}`} role="img" aria-label={`${name}. ${words}`} data-testid="chart" data-chart={name} data-kind="importance" data-drawn="true" data-points={params.length}>
          <text x={left} y={13} {...TEXT}>
            error when shuffled, variances
          </text>
          <text x={middle} y={13} textAnchor="middle" {...TEXT}>
            correlation −1 … 1
          </text>
          <path d={`M${middle} ${HEAD - 4}V${tall - 4}`} stroke="var(--line)" />
          {params.map((row, i) => {
            const top = HEAD + i * ROW + 4;
            const sure = row.low !== null && row.low > 0;
            const label = cut(row.name, 20);
            return (
              <g key={row.name}>
                <text x={left - 8} y={top + 11} textAnchor="end" {...TEXT} fill="var(--text)">
                  {label}
                </text>
                <rect x={left} y={top + 1} width={Math.max(1, px(row.importance) - left)} height={12} rx={2} fill="var(--accent)" fillOpacity={sure ? 0.85 : 0.3} />
                {row.low !== null && row.high !== null && <Whisker from={px(row.low)} to={px(row.high)} top={top + 7} />}
                <text x={left + half - 54} y={top + 11} {...TEXT}>
                  {formatNumber(Math.max(0, row.importance), 2)}
                </text>
                {row.correlation !== null && (
                  <>
                    <rect x={Math.min(middle, cx(row.correlation))} y={top + 1} width={Math.max(1, Math.abs(cx(row.correlation) - middle))} height={12} rx={2} fill={row.correlation < 0 ? "var(--warn)" : "var(--ok)"} fillOpacity={0.7} />
                    {row.correlation_low !== null && row.correlation_high !== null && <Whisker from={cx(row.correlation_low)} to={cx(row.correlation_high)} top={top + 7} />}
                    <text x={width - 4} y={top + 11} textAnchor="end" {...TEXT}>
                      {pWords(row.p)}
                    </text>
                  </>
                )}
              </g>
            );
          })}
        </svg>
      )}
    </div>
  );
}

function Whisker({ from, to, top }: { from: number; to: number; top: number }) {
  return <path d={`M${from} ${top}H${to}M${from} ${top - 3}v6M${to} ${top - 3}v6`} stroke="var(--text)" />;
}
