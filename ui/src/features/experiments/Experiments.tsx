import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { experimentsQuery, type View } from "../../api/experiments";
import { plural } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Empty, Trouble } from "../../ui/Empty";
import { SearchField } from "../../ui/Field";
import { Page } from "../../ui/Page";
import { FirstRun } from "../../ui/FirstRun";
import s from "./Experiments.module.css";
import { ExperimentTable } from "./ExperimentTable";

const CreateDialog = lazy(() => import("./dialogs").then((module) => ({ default: module.CreateDialog })));

interface Props {
  q: string;
  trash: boolean;
  onSearch: (change: { q?: string; trash?: boolean }) => void;
}

/** The list of experiments, or of those in the trash. */
export function Experiments({ q, trash, onSearch }: Props) {
  const [creating, setCreating] = useState(false);
  const view: View = trash ? "deleted" : "active";
  const query = useQuery(experimentsQuery(view, q));
  const rows = query.data;
  return (
    <Page
      title={trash ? "Experiments in the trash" : "Experiments"}
      actions={
        <>
          <Button kind="quiet" icon={trash ? "undo" : "trash"} onClick={() => onSearch({ trash: !trash })}>
            {trash ? "Back to the experiments" : "Trash"}
          </Button>
          {!trash && (
            <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
              New experiment
            </Button>
          )}
        </>
      }
    >
      <div className={s.bar}>
        <SearchField
          label="Search experiments by name"
          data-main-search
          defaultValue={q}
          key={trash ? "trash" : "list"}
          onChange={(event) => onSearch({ q: event.target.value })}
        />
        {rows && <span className={s.faint}>{plural(rows.length, "experiment")}</span>}
      </div>
      {query.isError && !rows ? (
        <Trouble error={query.error} onRetry={() => void query.refetch()} />
      ) : rows?.length === 0 ? (
        <NoRows q={q} trash={trash} />
      ) : (
        <ExperimentTable rows={rows} stale={query.isPlaceholderData} />
      )}
      {creating && (
        <Suspense>
          <CreateDialog onClose={() => setCreating(false)} />
        </Suspense>
      )}
    </Page>
  );
}

function NoRows({ q, trash }: { q: string; trash: boolean }) {
  if (q) {
    return (
      <Empty icon="search" title="No experiment has this in its name">
        <p>
          Nothing{trash ? " in the trash" : ""} is called “{q}”.
        </p>
      </Empty>
    );
  }
  return trash ? <Empty icon="trash" title="The trash is empty" /> : <FirstRun />;
}
