import { Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { useEditExperiment } from "../../api/experimentEdits";
import { RECENT_RUNS } from "../../api/recent";
import type { ExperimentRow } from "../../api/schema.gen";
import { marked } from "../../api/session";
import { column, nameOf } from "../../lib/columns";
import { formatCount } from "../../lib/format";
import { Icon } from "../../ui/Icon";
import { MoreMenu } from "../../ui/MoreMenu";
import { MenuItem } from "../../ui/Popover";
import { Ago } from "../../ui/Time";
import { say } from "../../ui/Toasts";
import s from "./Experiments.module.css";
import { drawn, NOTE } from "./narrow";
import { RowTags } from "./Tags";
import { MetricPicker, Trend } from "./Trend";

const DIALOGS = {
  rename: lazy(() => import("./dialogs").then((module) => ({ default: module.RenameDialog }))),
  describe: lazy(() => import("./dialogs").then((module) => ({ default: module.DescribeDialog }))),
  tags: lazy(() => import("./dialogs").then((module) => ({ default: module.TagsDialog }))),
};

type Ask = keyof typeof DIALOGS;

/** Rows drawn at once; a list longer than this is narrowed by searching. */
const MOST = 300;

interface Props {
  rows: readonly ExperimentRow[] | undefined;
  stale: boolean;
  /** Tags that all of these rows have. */
  tags: readonly string[];
  onTag: (tag: string) => void;
  /** What the curves show, as in the address. */
  metric: string;
  onMetric: (metric: string | undefined) => void;
}

export function ExperimentTable({ rows, stale, tags, onTag, metric, onMetric }: Props) {
  const [asking, setAsking] = useState<{ ask: Ask; row: ExperimentRow } | null>(null);
  const Asking = asking && DIALOGS[asking.ask];
  const shown = useMemo(() => (rows ?? []).slice(0, MOST), [rows]);
  const columns = useMemo(() => drawn(shown, metric), [shown, metric]);
  return (
    <div className={s.scroll}>
      <table className={`${s.table} ${stale ? s.stale : ""}`} aria-busy={stale || !rows}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" className={s.right}>
              Runs
            </th>
            <th scope="col">Running</th>
            <th scope="col">Objective</th>
            <th scope="col">
              Last {RECENT_RUNS} runs <MetricPicker metric={metric} onChange={onMetric} />
            </th>
            <th scope="col">Last activity</th>
            <th scope="col">Created</th>
            <th scope="col" className={s.actions}>
              <span className="hidden-word">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <Row key={row.experiment_id} {...{ row, columns, tags, onTag }} onAsk={(ask) => setAsking({ ask, row })} />
          ))}
        </tbody>
      </table>
      {rows && rows.length > MOST && (
        <p className={s.faint} style={{ padding: 12 }}>
          {formatCount(rows.length - MOST)} more. Search narrows the list.
        </p>
      )}
      {Asking && (
        <Suspense>
          <Asking experiment={asking.row} onClose={() => setAsking(null)} />
        </Suspense>
      )}
    </div>
  );
}

interface RowProps extends Pick<Props, "tags" | "onTag"> {
  row: ExperimentRow;
  columns: Record<string, string>;
  onAsk: (ask: Ask) => void;
}

function Row({ row, columns, tags, onTag, onAsk }: RowProps) {
  const note = row.tags[NOTE];
  return (
    <tr data-testid="experiment-row">
      <td className={s.name}>
        <Link to="/experiments/$experimentId/runs" params={{ experimentId: row.experiment_id }} dir="auto" title={row.name}>
          {row.name}
        </Link>
        {note && (
          <p className={s.note} dir="auto">
            {note}
          </p>
        )}
        <RowTags row={row} wanted={tags} onTurn={onTag} />
      </td>
      <td className={s.right}>{formatCount(row.runs)}</td>
      <td>{row.running > 0 ? <span className={s.running}>● {formatCount(row.running)} running</span> : <span className={s.faint}>–</span>}</td>
      <td className={s.objective}>
        {row.objective ? (
          <span title={row.objective.guessed ? "Guessed from its name; a tag of the experiment sets it" : "Set by a tag of the experiment"}>
            {nameOf(column("metrics", row.objective.key, row.objective.statistic))} {row.objective.direction === "max" ? "↑" : "↓"}
            <span className="hidden-word"> {row.objective.direction === "max" ? "(higher is better)" : "(lower is better)"}</span>
          </span>
        ) : (
          <span className={s.faint}>–</span>
        )}
      </td>
      <td>
        <Trend id={row.experiment_id} columns={columns} />
      </td>
      <td>
        <Ago time={row.last_activity} />
      </td>
      <td>
        <Ago time={row.creation_time} />
      </td>
      <td className={s.actions}>
        <Actions row={row} onAsk={onAsk} />
      </td>
    </tr>
  );
}

const WORDS = [
  { ask: "rename", icon: "edit", word: "Rename" },
  { ask: "describe", icon: "file", word: "Describe" },
  { ask: "tags", icon: "plus", word: "Tags" },
] as const;

function Actions({ row, onAsk }: { row: ExperimentRow; onAsk: (ask: Ask) => void }) {
  const edit = useEditExperiment();
  const navigate = useNavigate();
  const failed = (error: Error) => say(error.message, { tone: "error" });
  const set = (deleted: boolean) => edit.mutateAsync({ id: row.experiment_id, edit: { deleted } });
  // Goes on when this row is gone.
  const move = () => void set(true).then(() => say(`Moved “${row.name}” to the trash`, { undo: () => void set(false).catch(failed) }), failed);
  return (
    <MoreMenu label={`Actions for ${row.name}`} kind="quiet">
      {(close) => (
        <>
          {WORDS.map(({ ask, icon, word }) => (
            <MenuItem
              key={ask}
              onChoose={() => {
                close();
                onAsk(ask);
              }}
            >
              <Icon name={icon} /> {word}…
            </MenuItem>
          ))}
          {marked() && (
            <MenuItem
              onChoose={() => {
                close();
                void navigate({ to: "/experiments/$experimentId/permissions", params: { experimentId: row.experiment_id } });
              }}
            >
              <Icon name="lock" /> Permissions
            </MenuItem>
          )}
          {row.experiment_id !== "0" && (
            <MenuItem
              onChoose={() => {
                close();
                move();
              }}
            >
              <Icon name="trash" /> Move to trash
            </MenuItem>
          )}
        </>
      )}
    </MoreMenu>
  );
}
