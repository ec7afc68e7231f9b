import { memo } from "react";

/** A box in a grid, which is ticked by its cell. React writes to an input whenever it is drawn: this one is when something changed. */
export const Tick = memo(function Tick({ checked, label }: { checked: boolean; label: string }) {
  return <input type="checkbox" tabIndex={-1} checked={checked} readOnly aria-label={label} />;
});
