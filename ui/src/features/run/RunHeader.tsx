import { useState } from "react";
import { useEditRun } from "../../api/edits";
import type { RunDetail, RunEdit } from "../../api/schema.gen";
import { COLOUR_TAG } from "../../lib/palette";
import { Button } from "../../ui/Button";
import { CopyButton } from "../../ui/Copy";
import { Dialog } from "../../ui/Dialog";
import { FieldError, TextField } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { MoreMenu } from "../../ui/MoreMenu";
import { MenuItem } from "../../ui/Popover";
import { RunDot } from "../../ui/RunDot";
import { Status } from "../../ui/Status";
import { Ago, Took } from "../../ui/Time";
import { say, tell } from "../../ui/Toasts";
import { ReproductionBadge, StopButton } from "./RunActions";
import { jobWords } from "./job";
import s from "./Run.module.css";

export function RunHeader({ run }: { run: RunDetail }) {
  const { info } = run;
  const edit = useEditRun();
  const [renaming, setRenaming] = useState(false);
  const deleted = info.lifecycle_stage === "deleted";
  const name = info.run_name || info.run_id.slice(0, 8);
  const back = (before: RunEdit) => () => edit.mutate({ id: info.run_id, edit: before });
  const change = (after: RunEdit, before: RunEdit, words: string) => tell(edit.mutateAsync({ id: info.run_id, edit: after }), words, back(before));
  const rename = (next: string) =>
    edit.mutate(
      { id: info.run_id, edit: { name: next } },
      {
        onSuccess: () => {
          setRenaming(false);
          say(`Renamed to “${next}”`, { undo: back({ name }) });
        },
      },
    );
  return (
    <header className={s.head}>
      <div className={s.title}>
        <h1 dir="auto">
          <RunDot ordinal={info.ordinal} experiment={info.experiment_id} own={run.tags[COLOUR_TAG]} />
          <span title={name}>{name}</span>
        </h1>
        <Status status={info.status} cause={info.cause} />
        {deleted && <span className={s.chip}>in the trash</span>}
        <ReproductionBadge run={run} />
        <div className={s.push} data-screen-only>
          <StopButton run={run} />
          <CopyButton text={info.run_id} what="the run's id" word="Copy id" />
          <CopyButton text={`import runstone\n\nrun = runstone.get_run("${info.run_id}")`} what="the code that loads it" word="Copy load code" />
          {deleted ? (
            <Button icon="undo" onClick={() => change({ deleted: false }, { deleted: true }, `Restored “${name}”`)}>
              Restore
            </Button>
          ) : (
            <MoreMenu>
              {(close) => (
                <>
                  <MenuItem
                    onChoose={() => {
                      close();
                      setRenaming(true);
                    }}
                  >
                    <Icon name="edit" /> Rename…
                  </MenuItem>
                  <MenuItem
                    onChoose={() => {
                      close();
                      change({ deleted: true }, { deleted: false }, `Moved “${name}” to the trash`);
                    }}
                  >
                    <Icon name="trash" /> Move to trash
                  </MenuItem>
                </>
              )}
            </MoreMenu>
          )}
        </div>
      </div>
      <div className={s.facts}>
        <span>
          started <Ago time={info.start_time} />
        </span>
        <span>
          {info.status === "SCHEDULED" ? "waiting for" : info.status === "RUNNING" ? "running for" : "took"}{" "}
          <Took start={info.start_time} end={info.end_time} running={info.status === "RUNNING" || info.status === "SCHEDULED"} />
        </span>
        {jobWords(run.tags) && <span>{jobWords(run.tags)}</span>}
        {info.user_id && <span title={info.user_id}>by {info.user_id}</span>}
        {run.tags["mlflow.source.name"] && <span className="mono">{run.tags["mlflow.source.name"]}</span>}
      </div>
      {info.cause && (
        <p className={s.cause} data-status={info.status}>
          {info.cause}
        </p>
      )}
      {renaming && (
        <Rename
          name={info.run_name ?? ""}
          onClose={() => setRenaming(false)}
          onRename={rename}
          saving={edit.isPending}
          error={edit.error}
        />
      )}
    </header>
  );
}

/** Open until it is done: what was typed is not lost where the server says no. */
function Rename({ name, saving, error, onRename, onClose }: {
  name: string;
  saving: boolean;
  error: Error | null;
  onRename: (name: string) => void;
  onClose: () => void;
}) {
  const [next, setNext] = useState(name);
  return (
    <Dialog
      title="Rename the run"
      action="Rename"
      disabled={saving || !next.trim() || next.trim() === name}
      onAction={() => onRename(next.trim())}
      onClose={onClose}
    >
      <TextField label="Name" value={next} onChange={(event) => setNext(event.target.value)} autoFocus />
      <FieldError error={error} />
    </Dialog>
  );
}
