/** Charts of some metrics, in sections by prefix; one set of controls for all. */

import type { ReactNode } from "react";
import { turned } from "../lib/change";
import { Button } from "../ui/Button";
import { Empty } from "../ui/Empty";
import { Controls } from "./Controls";
import { CARD_HEIGHT } from "./packing";
import { PanelRows } from "./PanelRows";
import { sections } from "./sections";
import type { ChartSettings, OnSettings } from "./settings";

interface Props {
  keys: readonly string[];
  settings: ChartSettings;
  onChange: OnSettings;
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
          <Button onClick={() => onChange({ find: "" })}>Clear the search</Button>
        </Empty>
      )}
      <PanelRows
        sections={groups}
        folded={new Set(settings.fold)}
        onFold={(name) => onChange((now) => ({ fold: turned(now.fold, name) }))}
        render={(panel) => render(panel.id)}
      />
    </>
  );
}
