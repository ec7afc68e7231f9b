import { useMemo } from "react";
import { ChartCard } from "../../../charts/ChartCard";
import type { ChartSettings, OnSettings } from "../../../charts/settings";
import { formatCount, plural } from "../../../lib/format";
import type { Meanings } from "../layout";
import { FieldPanel } from "./RunPanel";
import type { PanelSpec } from "./specs";
import { useCurves } from "./useMetricLines";
import type { RunFilter, RunLook, RunSet } from "./useRunSet";

export interface PanelContext {
  set: RunSet;
  filter: RunFilter | null;
  settings: ChartSettings;
  onSettings: OnSettings;
  /** Runs drawn on top of bands: selected, or under the mouse for a moment. */
  top: readonly string[];
  looks: ReadonlyMap<string, RunLook>;
  lit: readonly string[];
  meanings: Meanings;
  onLit: (id: string | null) => void;
}

interface Props {
  metric: string;
  context: PanelContext;
  height: number;
  tools?: React.ReactNode;
  onFilter: (filter: string) => void;
  onOpen: (id: string) => void;
}

/** One metric of all runs: their curves, or how their values lie where each has but one. */
export function MetricPanel({ metric, context, height, tools, onFilter, onOpen }: Props) {
  const { settings, onSettings, set, filter, top, looks, lit, onLit } = context;
  const { lines, bands, error, groups, used, single, banded, ahead } = useCurves({ metric, set, filter, settings, top, looks });
  const by = settings.by[0];
  const spec = useMemo((): PanelSpec => ({ kind: banded ? "violin" : "bar", y: `metrics.${metric}`, ...(by && banded ? { x: by } : {}), wide: 1, tall: height }), [metric, by, height, banded]);
  if (single) return <FieldPanel title={metric} {...{ spec, context, tools, onFilter, onOpen }} />;
  const some = groups > bands.length && bands.length > 1 ? `largest ${bands.length} of ${groups} groups` : undefined;
  const newest = used < set.matched && (bands.length > 0 || used > 0) ? `newest ${formatCount(used)} of ${plural(set.matched, "run")}` : undefined;
  return (
    <ChartCard
      {...{ name: metric, unit: context.meanings[metric]?.unit }}
      {...{ lines, bands, error, settings, lit, onLit, height, tools }}
      sync={`runs-${settings.x}`}
      value={[newest, some].filter(Boolean).join(", ") || undefined}
      onZoom={(zoom) => {
        ahead(zoom);
        onSettings({ zoom });
      }}
      onUnclip={() => onSettings({ clip: false })}
    />
  );
}
