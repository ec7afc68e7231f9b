/** Writing into a cell of the table: the name of a run, or a tag. */

import { useQueryClient } from "@tanstack/react-query";
import { useLayoutEffect, useRef, useState } from "react";
import { applyChanges, before } from "../../api/edits";
import { say } from "../../ui/Toasts";
import s from "./CellEditor.module.css";

export interface EditedCell {
  /** Id of its element. */
  element: string;
  /** Key of the tag; null: the name of the run. */
  tag: string | null;
  value: string;
}

interface Props {
  run: string;
  cell: EditedCell;
  experiments: readonly string[];
  onClose: () => void;
}

const LEAST_WIDTH = 200;

export function CellEditor({ run, cell, experiments, onClose }: Props) {
  const { tag } = cell;
  const client = useQueryClient();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(cell.value);
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState("");
  const over = useRef(false);
  const whereNow = () => document.getElementById(cell.element)?.getBoundingClientRect();
  const [place, setPlace] = useState(whereNow);
  useLayoutEffect(() => {
    field.current?.focus({ preventScroll: true });
    field.current?.select();
    const follow = () => setPlace((old) => whereNow() ?? old);
    window.addEventListener("scroll", follow, true);
    return () => window.removeEventListener("scroll", follow, true);
  }, []);
  useLayoutEffect(() => {
    const box = field.current;
    if (!box) return;
    box.style.height = "0";
    box.style.height = `${Math.min(240, box.scrollHeight + 2)}px`;
  }, [text]);
  const close = (back: boolean) => {
    over.current = true;
    onClose();
    if (back) document.querySelector<HTMLElement>("[data-testid=runs-grid]")?.focus({ preventScroll: true });
  };
  const save = async (back: boolean) => {
    if (over.current || saving) return;
    const wanted = text.trim();
    if (wanted === cell.value.trim()) return close(back);
    if (tag === null && !wanted) return setError("A run has a name: write one, or leave it with Esc.");
    setSaving(true);
    setError("");
    try {
      const old = await before([run], experiments, tag === null ? { name: true } : { tag });
      await applyChanges(client, [{ id: run, edit: tag === null ? { name: wanted } : { tags: { [tag]: wanted || null } } }]);
      close(back);
      const failed = (trouble: Error) => say(trouble.message, { tone: "error" });
      say(tag === null ? `Renamed to “${wanted}”` : wanted ? `Changed ${tag}` : `Removed ${tag}`, { undo: () => void applyChanges(client, old).catch(failed) });
    } catch (trouble) {
      setError(trouble instanceof Error ? trouble.message : String(trouble));
      setSaving(false);
      field.current?.focus({ preventScroll: true });
    }
  };
  const keys = (event: React.KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") close(true);
    else if (event.key === "F2" || (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing)) void save(true);
    else return;
    event.preventDefault();
  };
  if (!place) return null;
  const width = Math.max(LEAST_WIDTH, place.width);
  const left = Math.max(0, Math.min(place.left, window.innerWidth - width - 8));
  return (
    <div className={s.editor} style={{ left, top: Math.min(place.top, window.innerHeight - 90), width }} data-testid="cell-editor">
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        value={text}
        readOnly={saving}
        aria-label={tag === null ? "Name of the run" : `Tag ${tag}`}
        aria-invalid={error !== ""}
        aria-describedby="cell-editor-help"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={keys}
        onBlur={() => !error && void save(false)}
      />
      <p id="cell-editor-help" role={error ? "alert" : undefined} className={error ? s.error : "hidden-word"}>
        {error || "Enter saves, Esc leaves it as it was, Shift+Enter begins a line."}
      </p>
    </div>
  );
}
