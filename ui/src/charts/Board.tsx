/** Charts of some metrics, in sections by prefix; one set of controls for all. */

import type { ReactNode } from "react";
import { Button } from "../ui/Button";
import { Empty } from "../ui/Empty";
import { Controls } from "./Controls";
import { CARD_HEIGHT } from "./packing";
import { PanelRows } from "./PanelRows";
import { sections } from "./sections";
import type { ChartSettings } from "./settings";

interface Props {
  keys: readonly string[];
  settings: ChartSettings;
  onChange: (settings: ChartSettings) => void;
  /** Params by whose values runs may be grouped. */
  params: readonly string[];
  render: (key: string) => ReactNode;
}

export function Board({ keys, settings, onChange, params, render }: Props) {
  const groups = sections(keys, settings.find).map(({ name, keys: found }) => ({
    name,
    panels: found.map((key) => ({ id: key, wide: 1, tall: CARD_HEIGHT })),
  }));
  return (
    <>
      <Controls settings={settings} onChange={onChange} params={params} />
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
