import { Dialog } from "../../ui/Dialog";
import s from "./Shell.module.css";

const KEYS: readonly (readonly [string, string])[] = [
  ["Ctrl K   ⌘ K", "find a run, model, metric … or do something"],
  ["g h   g e   g m   g c", "go to home, experiments, models, compare"],
  ["/", "filter or search"],
  ["?", "this list"],
  ["j k   ↑ ↓ ← →", "move in a table"],
  ["→   ←", "on a run's name in a tree: open, close"],
  ["Home   End", "first and last run"],
  ["x   Space", "select the run"],
  ["Enter", "open the run; on a heading: sort"],
  ["s   Shift s", "sort by this column; as a further key"],
  ["*", "jump to the best run"],
  ["c", "compare the selected runs"],
  ["F2", "write into this cell: a tag (Enter too), else the name of the run; Esc leaves it"],
  ["t   n   Shift c", "tag, note, colour: the selected runs, or the one of this row"],
  ["p", "pin these runs on top, or no longer"],
  ["h   Shift h", "hide these runs; show only these"],
  ["m", "next statistic of this column"],
  ["Ctrl Z   ⌘ Z", "undo the last change"],
  ["M", "move the selected runs to another experiment"],
  ["Delete", "move the selected runs to the trash"],
  ["v", "table, table and charts, charts"],
  ["d   f   0", "a chart: its data, full size, reset the zoom"],
  ["y", "copy the link to this view"],
  ["Esc", "clear the selection, close"],
];

export function KeyList({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl className={s.keys}>
        {KEYS.map(([keys, what]) => (
          <div key={keys} style={{ display: "contents" }}>
            <dt>
              {keys.split("   ").map((key) => (
                <span key={key}>
                  <kbd>{key}</kbd>{" "}
                </span>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
