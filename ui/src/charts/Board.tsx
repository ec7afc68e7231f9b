/** Charts of one run, in sections by prefix; one set of controls for all. */

import type { ReactNode } from "react";
import { Button } from "../ui/Button";
import { Empty } from "../ui/Empty";
import { CARD_HEIGHT } from "./ChartFrame";
import { Controls } from "./Controls";
import { PanelRows } from "./PanelRows";
import { sections } from "./sections";
import type { ChartSettings } from "./settings";

interface Props {
  keys: readonly string[];
  settings: ChartSettings;
  onChange: (settings: ChartSettings) => void;
  render: (key: string) => ReactNode;
  /** Keys that have one value only and are drawn as a tile. */
  isTile?: (key: string) => boolean;
  /** Metrics that may be the x axis. */
  along?: readonly string[];
}

const never = () => false;

export function Board({ keys, settings, onChange, render, isTile = never, along }: Props) {
  const groups = sections(keys, settings.find).map(({ name, keys: found }) => ({
    name,
    panels: found.map((key) => ({ id: key, wide: 1, tall: CARD_HEIGHT, tile: isTile(key) })),
  }));
  return (
    <>
      <Controls settings={settings} onChange={onChange} metrics={along} />
      {groups.length === 1 && <h2 className="hidden-word">Charts</h2>}
      {groups.length === 0 && (
        <Empty icon="search" title="No metric has this in its name">
          <Button onClick={() => onChange({ ...settings, find: "" })}>Clear the search</Button>
        </Empty>
      )}
      <PanelRows
        sections={groups}
        folded={new Set(settings.fold)}
        onFold={(name) => onChange({ ...settings, fold: toggled(settings.fold, name) })}
        render={(panel) => render(panel.id)}
      />
    </>
  );
}

export function toggled(list: readonly string[], item: string): string[] {
  return list.includes(item) ? list.filter((one) => one !== item) : [...list, item];
}
