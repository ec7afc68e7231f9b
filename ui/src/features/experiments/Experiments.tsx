import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { experimentsQuery } from "../../api/experiments";
import type { Change } from "../../lib/change";
import { splitList } from "../../lib/columns";
import { plural } from "../../lib/format";
import { Button, buttonClass } from "../../ui/Button";
import { Empty, Trouble } from "../../ui/Empty";
import { SearchField } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { Page } from "../../ui/Page";
import s from "./Experiments.module.css";
import { ExperimentTable } from "./ExperimentTable";
import { turnTag, withTags } from "./narrow";
import { WantedTags } from "./Tags";

const FirstRun = lazy(() => import("../../ui/FirstRun").then((module) => ({ default: module.FirstRun })));
const CreateDialog = lazy(() => import("./dialogs").then((module) => ({ default: module.CreateDialog })));

/** What of the list stands in the address: `tags` as a list, `metric` as `loss` or `loss:min`. */
export interface ExperimentsSearch {
  q?: string | undefined;
  tags?: string | undefined;
  metric?: string | undefined;
}

interface Props {
  search: ExperimentsSearch;
  onSearch: (change: Change<ExperimentsSearch>) => void;
}

/** The list of experiments. */
export function Experiments({ search, onSearch }: Props) {
  const { q = "", tags: list = "", metric = "" } = search;
  const [creating, setCreating] = useState(false);
  const query = useQuery(experimentsQuery("active", q));
  const tags = useMemo(() => splitList(list), [list]);
  const rows = useMemo(() => query.data && withTags(query.data, tags), [query.data, tags]);
  const turn = (tag: string) => onSearch((now) => ({ tags: turnTag(now.tags ?? "", tag) }));
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
          label="Search experiments by name or tag"
          data-main-search
          defaultValue={q}
          onChange={(event) => onSearch({ q: event.target.value || undefined })}
        />
        <WantedTags wanted={tags} onTurn={turn} />
        {rows && <span className={s.faint}>{plural(rows.length, "experiment")}</span>}
      </div>
      {query.isError && !rows ? (
        <Trouble error={query.error} onRetry={() => void query.refetch()} />
      ) : rows?.length === 0 && !query.isPlaceholderData ? (
        <NoRows q={q} tags={tags} />
      ) : (
        <ExperimentTable rows={rows} stale={query.isPlaceholderData} {...{ tags, metric }} onTag={turn} onMetric={(chosen) => onSearch({ metric: chosen })} />
      )}
      {creating && (
        <Suspense>
          <CreateDialog onClose={() => setCreating(false)} />
        </Suspense>
      )}
    </Page>
  );
}

function NoRows({ q, tags }: { q: string; tags: readonly string[] }) {
  if (q || tags.length > 0) {
    return (
      <Empty icon="search" title="No such experiment">
        <p>
          None {q && <>has “{q}” in its name or a tag</>}
          {q && tags.length > 0 && " and "}
          {tags.length > 0 && <>has the {tags.length === 1 ? "tag" : "tags"} {tags.join(", ")}</>}.
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
