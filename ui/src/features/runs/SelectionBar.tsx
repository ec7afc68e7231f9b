import { formatCount } from "../../lib/format";
import { Button } from "../../ui/Button";
import s from "./SelectionBar.module.css";

interface Props {
  count: number;
  trash: boolean;
  busy: boolean;
  onCompare: () => void;
  onMove: () => void;
  onClear: () => void;
}

export function SelectionBar({ count, trash, busy, onCompare, onMove, onClear }: Props) {
  return (
    <div className={s.bar} role="region" aria-label="Selected runs" data-screen-only>
      <strong role="status">{formatCount(count)} selected</strong>
      <Button kind="primary" icon="compare" hotkey="c" onClick={onCompare} disabled={count < 2}>
        Compare
      </Button>
      <Button kind={trash ? "plain" : "danger"} icon={trash ? "undo" : "trash"} hotkey="Del" onClick={onMove} disabled={busy}>
        {trash ? "Restore" : "Move to trash"}
      </Button>
      <Button kind="quiet" hotkey="Esc" onClick={onClear}>
        Clear
      </Button>
    </div>
  );
}
