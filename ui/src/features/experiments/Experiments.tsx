import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { experimentsQuery } from "../../api/experiments";
import { plural } from "../../lib/format";
import { Button, buttonClass } from "../../ui/Button";
import { Empty, Trouble } from "../../ui/Empty";
import { SearchField } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { Page } from "../../ui/Page";
import s from "./Experiments.module.css";
import { ExperimentTable } from "./ExperimentTable";

const FirstRun = lazy(() => import("../../ui/FirstRun").then((module) => ({ default: module.FirstRun })));
const CreateDialog = lazy(() => import("./dialogs").then((module) => ({ default: module.CreateDialog })));

interface Props {
  q: string;
  onSearch: (change: { q: string }) => void;
}

/** The list of experiments. */
export function Experiments({ q, onSearch }: Props) {
  const [creating, setCreating] = useState(false);
  const query = useQuery(experimentsQuery("active", q));
  const rows = query.data;
  return (
    <Page
      title="Experiments"
      actions={
        <>
          <Link to="/trash" className={buttonClass("quiet")}>
            <Icon name="trash" /> Trash
          </Link>
          <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
            New experiment
          </Button>
        </>
      }
    >
      <div className={s.bar}>
        <SearchField
          label="Search experiments by name"
          data-main-search
          defaultValue={q}
          onChange={(event) => onSearch({ q: event.target.value })}
        />
        {rows && <span className={s.faint}>{plural(rows.length, "experiment")}</span>}
      </div>
      {query.isError && !rows ? (
        <Trouble error={query.error} onRetry={() => void query.refetch()} />
      ) : rows?.length === 0 ? (
        <NoRows q={q} />
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

function NoRows({ q }: { q: string }) {
  if (q) {
    return (
      <Empty icon="search" title="No experiment has this in its name">
        <p>
          Nothing is called “{q}”.
        </p>
      </Empty>
    );
  }
  return (
    <Suspense>
      <FirstRun />
    </Suspense>
  );
}
