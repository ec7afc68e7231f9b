import { formatCount } from "../../lib/format";
import { Button } from "../../ui/Button";
import type { RunActions } from "./useRunActions";
import s from "./SelectionBar.module.css";

interface Props {
  count: number;
  trash: boolean;
  busy: boolean;
  onCompare: () => void;
  onMove: () => void;
  onClear: () => void;
  actions: RunActions;
}

export function SelectionBar({ count, trash, busy, onCompare, onMove, onClear, actions }: Props) {
  return (
    <div className={s.bar} role="region" aria-label="Selected runs" data-screen-only>
      <strong role="status">{formatCount(count)} selected</strong>
      <Button kind="primary" icon="compare" hotkey="c" onClick={onCompare} disabled={count < 2}>
        Compare
      </Button>
      {!trash && (
        <>
          <Button kind="quiet" hotkey="t" onClick={() => actions.edit("tag")}>
            Tag
          </Button>
          <Button kind="quiet" hotkey="n" onClick={() => actions.edit("note")}>
            Note
          </Button>
          <Button kind="quiet" hotkey="C" onClick={() => actions.edit("colour")}>
            Colour
          </Button>
          <Button kind="quiet" hotkey="M" onClick={() => actions.edit("move")}>
            Move
          </Button>
          <Button kind="quiet" onClick={() => actions.edit("register")}>
            Register
          </Button>
          <Button kind="quiet" onClick={() => actions.edit("stop")}>
            Stop
          </Button>
          {count === 1 && (
            <Button kind="quiet" hotkey="F2" onClick={() => actions.edit("name")}>
              Rename
            </Button>
          )}
        </>
      )}
      <Button kind="quiet" hotkey="p" onClick={() => actions.pin()}>
        Pin
      </Button>
      <Button kind="quiet" hotkey="h" onClick={() => actions.hide()}>
        Hide
      </Button>
      <Button kind="quiet" hotkey="H" onClick={() => actions.only()}>
        Show only
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
