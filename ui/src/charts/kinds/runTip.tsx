/** Which run is under the mouse, in words beside it. */

import { type Field, valueWords } from "../fields";
import s from "./kinds.module.css";

export interface TipPlace {
  index: number;
  x: number;
  y: number;
}

export function RunTip({ place, width, label, fields }: { place: TipPlace; width: number; label: string; fields: readonly Field[] }) {
  const right = place.x > width / 2;
  return (
    <div className={s.tip} style={{ top: Math.max(0, place.y - 10), ...(right ? { right: width - place.x + 14 } : { left: place.x + 14 }) }}>
      <strong>{label}</strong>
      {fields.map((field) => (
        <div key={field.id}>
          {field.name} <b>{valueWords(field.values[place.index] ?? null)}</b>
        </div>
      ))}
    </div>
  );
}
