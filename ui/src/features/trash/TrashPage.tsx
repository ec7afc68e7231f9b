/** What was deleted: back again, or gone for ever. */

import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useEditRuns } from "../../api/bulk";
import { useEditExperiment } from "../../api/experimentEdits";
import { TRASH_PAGE, trashQuery, useRemoveForEver } from "../../api/trash";
import type { Trash, TrashedExperiment, TrashedRun, TrashRemoval } from "../../api/schema.gen";
import { formatCount, plural } from "../../lib/format";
import { Button, IconButton } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Empty, Trouble } from "../../ui/Empty";
import { FieldError, SearchField } from "../../ui/Field";
import { Page } from "../../ui/Page";
import { Table } from "../../ui/Table";
import t from "../../ui/Table.module.css";
import { Ago } from "../../ui/Time";
import { say } from "../../ui/Toasts";
import s from "./Trash.module.css";

interface Props {
  q: string;
  offset: number;
  onQ: (q: string) => void;
  onOffset: (offset: number) => void;
}

const failed = (error: Error) => say(error.message, { tone: "error" });

export function TrashPage({ q, offset, onQ, onOffset }: Props) {
  const { data, error, refetch, isPlaceholderData } = useQuery(trashQuery(q, offset));
  const [removing, setRemoving] = useState<(TrashRemoval & { what: string }) | null>(null);
  return (
    <Page title="Trash">
      <div className={`${s.bar} ${s.top}`}>
        <SearchField label="Search the trash by name" data-main-search defaultValue={q} onChange={(event) => onQ(event.target.value)} />
        {data && <span className={t.faint}>{`${plural(data.experiments.length, "experiment")}, ${plural(data.matched, "run")}`}</span>}
      </div>
      <p className={s.hint}>
        Nothing leaves the trash by itself. <code>runstone gc</code>, run by hand or every night, removes for ever what is here; with{" "}
        <code>--older-than 30d</code> only what was deleted longer ago than that. Runs that registered models are made of stay.
      </p>
      {error && !data ? (
        <Trouble error={error} onRetry={() => void refetch()} />
      ) : data && data.experiments.length + data.matched === 0 && !isPlaceholderData ? (
        <Empty icon="trash" title={q ? "Nothing in the trash is called so" : "The trash is empty"} />
      ) : (
        data && <Contents {...{ data, offset, onOffset }} busy={isPlaceholderData} onRemove={setRemoving} />
      )}
      {removing && <RemoveDialog {...removing} onClose={() => setRemoving(null)} />}
    </Page>
  );
}

interface ContentsProps {
  data: Trash;
  busy: boolean;
  offset: number;
  onOffset: (offset: number) => void;
  onRemove: (what: TrashRemoval & { what: string }) => void;
}

function Contents({ data, busy, offset, onOffset, onRemove }: ContentsProps) {
  return (
    <>
      {data.experiments.length > 0 && (
        <section className={s.part}>
          <h2>Experiments</h2>
          <Table label="Deleted experiments" heads={["Name", "Runs", "Deleted", ""]} busy={busy}>
            {data.experiments.map((one) => (
              <ExperimentRow key={one.experiment_id} one={one} mayRemove={data.may_remove} onRemove={onRemove} />
            ))}
          </Table>
        </section>
      )}
      {data.matched > 0 && <Runs {...{ data, busy, onRemove }} />}
      {data.matched > TRASH_PAGE && (
        <nav className={s.bar} aria-label="Pages of deleted runs">
          <Button disabled={offset === 0} onClick={() => onOffset(Math.max(0, offset - TRASH_PAGE))}>
            Later
          </Button>
          <span>
            {formatCount(offset + 1)} to {formatCount(Math.min(data.matched, offset + TRASH_PAGE))} of {formatCount(data.matched)}
          </span>
          <Button disabled={offset + TRASH_PAGE >= data.matched} onClick={() => onOffset(offset + TRASH_PAGE)}>
            Earlier
          </Button>
        </nav>
      )}
    </>
  );
}

function ExperimentRow({ one, mayRemove, onRemove }: { one: TrashedExperiment; mayRemove: boolean; onRemove: ContentsProps["onRemove"] }) {
  const edit = useEditExperiment();
  const set = (deleted: boolean) => edit.mutateAsync({ id: one.experiment_id, edit: { deleted } });
  const restore = () => void set(false).then(() => say(`Restored “${one.name}”`, { undo: () => void set(true).catch(failed) }), failed);
  return (
    <tr data-testid="trashed-experiment">
      <td className={t.name} dir="auto">
        {one.name}
      </td>
      <td>{formatCount(one.runs)}</td>
      <td>
        <Ago time={one.deleted} />
      </td>
      <td className={t.tight}>
        <IconButton icon="undo" label={`Restore ${one.name}`} onClick={restore} disabled={edit.isPending} />
        {mayRemove && (
          <IconButton
            icon="trash"
            label={`Remove ${one.name} for ever`}
            onClick={() => onRemove({ experiment_ids: [one.experiment_id], what: `the experiment “${one.name}” with its ${plural(one.runs, "run")}` })}
          />
        )}
      </td>
    </tr>
  );
}

function Runs({ data, busy, onRemove }: Pick<ContentsProps, "data" | "busy" | "onRemove">) {
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const edit = useEditRuns();
  const here = data.runs.filter((one) => ticked.has(one.run_id));
  const set = (ids: readonly string[], deleted: boolean) => edit.mutateAsync({ run_ids: [...ids], deleted });
  const restore = (runs: readonly TrashedRun[]) => {
    const ids = runs.map((one) => one.run_id);
    void set(ids, false).then(() => {
      setTicked(new Set());
      say(`Restored ${runs[0] && runs.length === 1 ? `“${runs[0].name}”` : plural(runs.length, "run")}`, { undo: () => void set(ids, true).catch(failed) });
    }, failed);
  };
  const toggle = (id: string) => {
    const next = new Set(ticked);
    if (!next.delete(id)) next.add(id);
    setTicked(next);
  };
  const all = here.length === data.runs.length;
  return (
    <section className={s.part}>
      <h2>Runs</h2>
      <div className={s.bar}>
        <label className={s.all}>
          <input type="checkbox" checked={all} onChange={() => setTicked(new Set(all ? [] : data.runs.map((one) => one.run_id)))} /> All on this page
        </label>
        {here.length > 0 && (
          <>
            <Button icon="undo" disabled={edit.isPending} onClick={() => restore(here)}>
              Restore {formatCount(here.length)}
            </Button>
            {data.may_remove && (
              <Button kind="danger" icon="trash" onClick={() => onRemove({ run_ids: here.map((one) => one.run_id), what: plural(here.length, "run") })}>
                Remove {formatCount(here.length)} for ever
              </Button>
            )}
          </>
        )}
      </div>
      <Table label="Deleted runs" heads={["Name", "Experiment", "By", "Deleted", ""]} busy={busy}>
        {data.runs.map((one) => (
          <tr key={one.run_id} data-testid="trashed-run">
            <td className={t.name}>
              <label className={s.all}>
                <input type="checkbox" aria-label={`Select ${one.name}`} checked={ticked.has(one.run_id)} onChange={() => toggle(one.run_id)} />
                <Link to="/runs/$runId" params={{ runId: one.run_id }} dir="auto">
                  {one.name || one.run_id.slice(0, 8)}
                </Link>
              </label>
              {one.held && <small className={t.faint}>{`model ${one.held} is made of it: gc leaves it`}</small>}
            </td>
            <td dir="auto">
              <Link to="/experiments/$experimentId/runs" params={{ experimentId: one.experiment_id }}>
                {one.experiment_name}
              </Link>
            </td>
            <td dir="auto">{one.user_id}</td>
            <td>
              <Ago time={one.deleted} />
            </td>
            <td className={t.tight}>
              <IconButton icon="undo" label={`Restore ${one.name}`} onClick={() => restore([one])} disabled={edit.isPending} />
              {data.may_remove && !one.held && (
                <IconButton icon="trash" label={`Remove ${one.name} for ever`} onClick={() => onRemove({ run_ids: [one.run_id], what: `the run “${one.name}”` })} />
              )}
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function RemoveDialog({ what, onClose, ...body }: TrashRemoval & { what: string; onClose: () => void }) {
  const remove = useRemoveForEver();
  const submit = () =>
    remove.mutate(body, {
      onSuccess: ({ runs, experiments, kept }) => {
        onClose();
        say([`Removed ${plural(runs, "run")} and ${plural(experiments, "experiment")} for ever.`, ...kept].join(" "), kept.length ? { tone: "error" } : {});
      },
    });
  return (
    <Dialog title={`Remove ${what} for ever?`} action="Remove for ever" disabled={remove.isPending} onAction={submit} onClose={onClose}>
      <p className={s.hint}>Metrics, params, console and files go with it. Nobody can bring them back.</p>
      <FieldError error={remove.error} />
    </Dialog>
  );
}
