/** What a new chart shows until somebody says otherwise: params that differ, and the objective. Pure. */

import { type Kind, type PanelSpec, TALL } from "./specs";

export interface Known {
  /** Keys of metrics and of params that differ, those that tell most first. */
  metrics: readonly string[];
  params: readonly string[];
  objective: string | null;
}

const SEED = /(^|[._/-])(seed|random_state)$/i;

export function suggest(kind: Kind, known: Known): PanelSpec {
  const metric = known.objective ?? known.metrics[0];
  const params = known.params.filter((key) => !SEED.test(key));
  const y = metric === undefined ? {} : { y: `metrics.${metric}` };
  const [first, second] = params.map((key) => `params.${key}`);
  const other = known.metrics.find((key) => key !== metric);
  const x = first ?? (other === undefined ? undefined : `metrics.${other}`);
  const size = { wide: 1, tall: TALL };
  switch (kind) {
    case "line":
      return { kind, ...size, y: metric === undefined ? "=" : `=\`${metric}\`` };
    case "importance":
    case "bar":
      return { kind, ...size, ...y };
    case "box":
    case "violin":
      return { kind, ...size, ...y, ...(first ? { x: first } : {}) };
    case "scatter":
      return { kind, ...size, ...y, ...(x ? { x } : {}), trend: true };
    case "contour":
      return { kind, ...size, ...(x ? { x } : {}), y: second ?? (other === undefined ? "" : `metrics.${other}`), ...(metric === undefined ? {} : { z: `metrics.${metric}` }) };
    case "parallel":
      return {
        kind,
        wide: 2,
        tall: 320,
        keys: [...params.slice(0, 6).map((key) => `params.${key}`), ...(metric === undefined ? [] : [`metrics.${metric}`])],
        ...(metric === undefined ? {} : { z: `metrics.${metric}` }),
      };
  }
}
