/** Name, note, colour and tags of one run or of several, changed from the table. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { applyChanges, before } from "../../api/edits";
import { keysQuery } from "../../api/keys";
import type { RunChange } from "../../api/patched";
import { runQuery } from "../../api/runs";
import type { RunDetail, RunEdit } from "../../api/schema.gen";
import { plural } from "../../lib/format";
import { COLOUR_TAG, SLOTS, slotColour } from "../../lib/palette";
import { Dialog } from "../../ui/Dialog";
import { FieldError, NoteArea, TextField } from "../../ui/Field";
import { say } from "../../ui/Toasts";
import { MoveForm, RegisterForm, StopForm } from "./BulkDialogs";
import { CellEditor, type EditedCell } from "./CellEditor";
import { MeaningDialog } from "./MeaningDialog";
import s from "./RunEdits.module.css";

export type EditKind = "name" | "note" | "colour" | "tag" | "move" | "register" | "stop" | "meaning" | "cell";

const NOTE = "mlflow.note.content";

interface Props {
  kind: EditKind;
  ids: readonly string[];
  cell?: EditedCell | undefined;
  experiments: readonly string[];
  onClose: () => void;
  /** The runs are not here any more. */
  onGone: () => void;
}

const BULK = { move: MoveForm, register: RegisterForm, stop: StopForm } as const;

export function RunEdits(props: Props) {
  const { kind } = props;
  if (kind === "cell") return props.cell ? <CellEditor key={props.cell.element} {...props} cell={props.cell} run={props.ids[0] ?? ""} /> : null;
  if (kind === "meaning") return <MeaningDialog metric={props.ids[0] ?? ""} experiments={props.experiments} onClose={props.onClose} />;
  if (kind === "move" || kind === "register" || kind === "stop") {
    const Form = BULK[kind];
    return <Form {...props} />;
  }
  return <Edits {...props} />;
}

function Edits({ kind, ids, experiments, onClose }: Props) {
  const first = useQuery({ ...runQuery(ids[0] ?? ""), enabled: ids.length === 1 });
  const client = useQueryClient();
  const failed = (error: Error) => say(error.message, { tone: "error" });
  // Goes on when this dialog is closed.
  const apply = (changes: readonly RunChange[], old: readonly RunChange[], words: string) =>
    applyChanges(client, changes).then(() => say(words, { undo: () => void applyChanges(client, old).catch(failed) }), failed);
  const [saving, setSaving] = useState(false);
  const save = (edit: RunEdit, words: string) => {
    const tag = Object.keys(edit.tags ?? {})[0];
    setSaving(true);
    before(ids, experiments, tag === undefined ? { name: true } : { tag }).then(
      (old) => {
        void apply(ids.map((id) => ({ id, edit })), old, words);
        onClose();
      },
      (error: Error) => {
        setSaving(false);
        failed(error);
      },
    );
  };
  const of = ids.length === 1 ? (first.data?.info.run_name ?? "the run") : plural(ids.length, "run");
  const single = ids.length === 1 ? first.data : undefined;
  if (ids.length === 1 && !single) {
    // What is not known cannot be changed: saving would take the old note away.
    return first.error && (
      <Dialog title="Change the run" onClose={onClose}>
        <FieldError error={first.error} />
      </Dialog>
    );
  }
  const props: FormProps = { of, saving, save, onClose, single };
  if (kind === "name") return <NameForm {...props} />;
  if (kind === "note") return <NoteForm {...props} />;
  if (kind === "colour") return <ColourForm {...props} />;
  return <TagForm {...props} experiments={experiments} />;
}

interface FormProps {
  of: string;
  saving: boolean;
  save: (edit: RunEdit, words: string) => void;
  onClose: () => void;
  /** The run, where it is one. */
  single: RunDetail | undefined;
}

function NameForm({ of, saving, save, onClose, single }: FormProps) {
  const [name, setName] = useState(single?.info.run_name ?? "");
  const wanted = name.trim();
  return (
    <Dialog title="Rename the run" action="Rename" disabled={saving || !wanted || wanted === of} onAction={() => save({ name: wanted }, `Renamed to “${wanted}”`)} onClose={onClose}>
      <TextField label="Name" value={name} onChange={(event) => setName(event.target.value)} autoFocus />
    </Dialog>
  );
}

function NoteForm({ of, saving, save, onClose, single }: FormProps) {
  const [text, setText] = useState(single?.tags[NOTE] ?? "");
  const note = text.trim();
  return (
    <Dialog title={`Note on ${of}`} action="Save" disabled={saving || (!single && !note)} onAction={() => save({ tags: { [NOTE]: note || null } }, note ? `Noted on ${of}` : `Removed the note of ${of}`)} onClose={onClose}>
      <NoteArea label="Note" value={text} onChange={setText} />
      {!single && <p className={s.hint}>Replaces the note of each of them.</p>}
    </Dialog>
  );
}

function ColourForm({ of, saving, save, onClose, single }: FormProps) {
  const [colour, setColour] = useState(single?.tags[COLOUR_TAG] ?? "");
  const choice = (value: string, name: string, mark: ReactNode) => (
    <label key={value} className={s.colour}>
      <input type="radio" name="colour" value={value} checked={colour === value} onChange={() => setColour(value)} />
      {mark}
      {name}
    </label>
  );
  return (
    <Dialog title={`Colour of ${of}`} action="Save" disabled={saving} onAction={() => save({ tags: { [COLOUR_TAG]: colour || null } }, `Changed the colour of ${of}`)} onClose={onClose}>
      <div className={s.colours} role="radiogroup" aria-label="Colour">
        {choice("", "by itself", null)}
        {Array.from({ length: SLOTS }, (_, i) => choice(String(i), `Colour ${i + 1}`, <i style={{ background: slotColour(i) }} aria-hidden="true" />))}
      </div>
    </Dialog>
  );
}

function TagForm({ of, saving, save, onClose, single, experiments }: FormProps & { experiments: readonly string[] }) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const [remove, setRemove] = useState(false);
  const keys = useQuery(keysQuery("tags", experiments));
  const name = key.trim();
  const own = Object.entries(single?.tags ?? {}).filter(([tag]) => !tag.startsWith("mlflow.") && tag !== COLOUR_TAG);
  return (
    <Dialog
      title={`Tag ${of}`}
      action={remove ? "Remove" : "Set"}
      disabled={saving || !name}
      onAction={() => save({ tags: { [name]: remove ? null : value } }, remove ? `Removed the tag ${name} of ${of}` : `Set the tag ${name} of ${of}`)}
      onClose={onClose}
    >
      {own.length > 0 && (
        <div className={s.tags}>
          {own.map(([tag, text]) => (
            <button key={tag} type="button" dir="auto" onClick={() => (setKey(tag), setValue(text))}>
              {tag} <b>{text}</b>
            </button>
          ))}
        </div>
      )}
      <TextField label="Key" value={key} list="tag-keys" onChange={(event) => setKey(event.target.value)} autoFocus />
      <datalist id="tag-keys">
        {(keys.data ?? []).filter((one) => !one.key.startsWith("mlflow.")).map((one) => (
          <option key={one.key} value={one.key} />
        ))}
      </datalist>
      <TextField label="Value" value={value} disabled={remove} onChange={(event) => setValue(event.target.value)} />
      <label className={s.check}>
        <input type="checkbox" checked={remove} onChange={(event) => setRemove(event.target.checked)} /> Remove this tag
      </label>
    </Dialog>
  );
}
