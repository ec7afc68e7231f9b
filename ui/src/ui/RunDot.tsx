import type { CSSProperties } from "react";
import { runColour, runMark } from "../lib/palette";
import "./RunDot.css";

/** The colour and mark of a run, beside its name. */
export function RunDot({ ordinal, experiment, own }: { ordinal: number | null | undefined; experiment: string; own?: unknown }) {
  const style = { "--of": runColour(ordinal ?? 0, experiment, own) } as CSSProperties;
  return <i className="run-dot" data-mark={runMark(ordinal ?? 0)} style={style} aria-hidden="true" />;
}
