/** The data of an exported file: what `runstone/export/contents.py` writes. */

export type Wire = number | string;

export interface Head {
  run_id: string;
  name: string;
  experiment_id: string;
  experiment_name: string;
  status: string;
  start: number | null;
  end: number | null;
  user: string;
  ordinal: number;
  parent: string | null;
  deleted: boolean;
  /** The run's own, or nothing; files of older versions do not say. */
  colour?: string;
}

export interface Cells {
  column: string;
  values: (Wire | null)[];
}

export interface MetricStory {
  key: string;
  last: Wire;
  last_step: number;
  min: Wire | null;
  min_step: number | null;
  max: Wire | null;
  max_step: number | null;
  count: number;
  nans: number;
}

export interface Detail {
  run: number;
  cause: string;
  tags: Record<string, string>;
  metrics: MetricStory[];
  datasets: { name: string; digest: string; context: string }[];
  texts: { name: string; text: string; cut: boolean }[];
}

export interface Curve {
  run: number;
  key: string;
  steps: number[];
  values: Wire[];
  total: number;
}

export interface Contents {
  title: string;
  kind: "run" | "comparison" | "runs";
  made: number;
  source: string;
  objective: { key: string; direction: "max" | "min"; column: string; unit: string } | null;
  runs: Head[];
  columns: Cells[];
  details: Detail[];
  curves: Curve[];
  verdict: string[];
  left_out: string[];
  format: string;
  version: number;
}
