import { useState } from "react";
import { useEditRun } from "../../api/edits";
import type { RunDetail } from "../../api/schema.gen";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { FieldError, NoteArea } from "../../ui/Field";
import { Markdown } from "../../ui/content/Markdown";
import { Block } from "./Block";
import s from "./Run.module.css";

const NOTE = "mlflow.note.content";

export function Notes({ run }: { run: RunDetail }) {
  const note = run.tags[NOTE] ?? "";
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const edit = useEditRun();
  const save = () =>
    edit.mutate({ id: run.info.run_id, edit: { tags: { [NOTE]: text.trim() || null } } }, { onSuccess: () => setOpen(false) });
  const start = () => {
    setText(note);
    setOpen(true);
  };
  return (
    <Block
      title="Notes"
      tools={
        <Button kind="quiet" icon="edit" onClick={start}>
          {note ? "Edit" : "Add"}
        </Button>
      }
    >
      {note ? (
        <Markdown text={note} />
      ) : (
        <p className={s.faint}>Why was it run, what came out?</p>
      )}
      {open && (
        <Dialog title="Notes" action="Save" disabled={edit.isPending} onAction={save} onClose={() => setOpen(false)}>
          <NoteArea label="Notes" value={text} onChange={setText} />
          <FieldError error={edit.error} />
        </Dialog>
      )}
    </Block>
  );
}
