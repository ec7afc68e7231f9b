import { ChartCard } from "../../../charts/ChartCard";
import type { ChartSettings } from "../../../charts/settings";
import { useCurves } from "./useMetricLines";
import type { RunFilter, RunLook, RunSet } from "./useRunSet";

export interface PanelContext {
  set: RunSet;
  filter: RunFilter | null;
  settings: ChartSettings;
  onSettings: (settings: ChartSettings) => void;
  /** Runs drawn on top of bands: selected, or under the mouse for a moment. */
  top: readonly string[];
  looks: ReadonlyMap<string, RunLook>;
  lit: readonly string[];
  onLit: (id: string | null) => void;
}

/** One metric of all runs. */
export function MetricPanel({ metric, context, height, tools }: { metric: string; context: PanelContext; height?: number; tools?: React.ReactNode }) {
  const { settings, onSettings, set, filter, top, looks, lit, onLit } = context;
  const { lines, bands, error, groups } = useCurves({ metric, set, filter, settings, top, looks });
  return (
    <ChartCard
      name={metric}
      {...{ lines, bands, error, settings, lit, onLit, height, tools }}
      sync={`runs-${settings.x}`}
      value={groups > bands.length && bands.length > 1 ? `largest ${bands.length} of ${groups} groups` : undefined}
      onZoom={(zoom) => onSettings({ ...settings, zoom })}
      onUnclip={() => onSettings({ ...settings, clip: false })}
    />
  );
}
