/** What every chart of runs is given. */

import type { ChartRuns, Field } from "../fields";

/** A stretch of a numeric field, or values of a category. */
export type Brush = { from: number; to: number } | { values: readonly string[] };

export interface KindProps {
  name: string;
  height: number;
  runs: ChartRuns;
  /** Runs inside every brush; the others are drawn faint. */
  inside: readonly boolean[];
  lit: readonly string[];
  onLit: (id: string | null) => void;
  onOpen: (id: string) => void;
}

export type Brushes = ReadonlyMap<string, Brush>;

/** Null takes the brush away. */
export type OnBrush = (changes: readonly (readonly [Field, Brush | null])[]) => void;
