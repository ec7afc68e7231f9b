/** What can be done with a column. */

import { STATS } from "../../lib/columns";
import { Divider, MenuItem, Panel, type Place } from "../../ui/Popover";
import type { HeadActions } from "./GridHead";
import type { GridColumn } from "./layout";
import type { CellPaint } from "./view";

const PAINTS: readonly (readonly [CellPaint | null, string])[] = [
  [null, "Numbers alone"],
  ["spark", "With curves"],
  ["bar", "With bars"],
  ["heat", "With heat"],
];

export function HeadMenu({ column, place, actions, onClose }: { column: GridColumn; place: Place; actions: HeadActions; onClose: () => void }) {
  const choose = (action: () => void) => () => {
    onClose();
    action();
  };
  const { spec, sort } = column;
  return (
    <Panel place={place} label={`Menu of ${column.title}`} role="menu" onClose={onClose}>
      {sort && (
        <>
          <MenuItem onChoose={choose(() => actions.setSort([{ id: sort, descending: true }]))}>Sort descending ↓</MenuItem>
          <MenuItem onChoose={choose(() => actions.setSort([{ id: sort, descending: false }]))}>Sort ascending ↑</MenuItem>
        </>
      )}
      {spec?.kind === "metrics" && (
        <>
          <Divider />
          {STATS.map((stat) => (
            <MenuItem key={stat} checked={spec.stat === stat} onChoose={choose(() => actions.setStat(column, stat))}>
              {stat}
            </MenuItem>
          ))}
          {actions.define && <MenuItem onChoose={choose(() => actions.define?.(spec.key))}>Meaning…</MenuItem>}
          <Divider />
          {PAINTS.map(([how, name]) => (
            <MenuItem key={name} checked={(column.looks?.how ?? null) === how} onChoose={choose(() => actions.paint(column, how))}>
              {name}
            </MenuItem>
          ))}
        </>
      )}
      {spec && (
        <>
          <Divider />
          <MenuItem onChoose={choose(() => actions.fix(column))}>{actions.fixed.includes(column.id) ? "Unpin column" : "Pin column"}</MenuItem>
          <MenuItem onChoose={choose(() => actions.hide(column))}>Hide column</MenuItem>
        </>
      )}
    </Panel>
  );
}
