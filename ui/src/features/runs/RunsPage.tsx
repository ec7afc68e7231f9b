/** The page people live in: filter, table, winner, selection. */

import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { ApiError } from "../../api/http";
import type { Error as ErrorBody } from "../../api/schema.gen";
import { column, columnId, nameOf } from "../../lib/columns";
import { formatCount, formatNumber, plural } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Empty, Trouble } from "../../ui/Empty";
import { useTitle } from "../../ui/Page";
import { Opener } from "../../ui/Popover";
import { ColumnPicker } from "./ColumnPicker";
import { EqualParams } from "./EqualParams";
import { FilterBox } from "./FilterBox";
import { Grid } from "./Grid";
import s from "./RunsPage.module.css";
import { PanelSwitch, Split, useChartsAhead } from "./Split";
import { useRunActions } from "./useRunActions";
import { useRunsPage } from "./useRunsPage";
import { ALL, type OnSearch, type RunsSearch } from "./view";

const About = lazy(() => import("./About").then((module) => ({ default: module.About })));
const GroupTable = lazy(() => import("./GroupTable").then((module) => ({ default: module.GroupTable })));
const FirstRun = lazy(() => import("../../ui/FirstRun").then((module) => ({ default: module.FirstRun })));
const NoMatch = lazy(() => import("./NoMatch").then((module) => ({ default: module.NoMatch })));
const Gone = lazy(() => import("./NoMatch").then((module) => ({ default: module.Gone })));
const GroupMenu = lazy(() => import("./GroupMenu").then((module) => ({ default: module.GroupMenu })));
const Builder = lazy(() => import("./Builder").then((module) => ({ default: module.Builder })));
const SelectionBar = lazy(() => import("./SelectionBar").then((module) => ({ default: module.SelectionBar })));
const Views = lazy(() => import("./Views").then((module) => ({ default: module.Views })));
const ViewBar = lazy(() => import("./ViewBar").then((module) => ({ default: module.ViewBar })));
const Unanswered = lazy(() => import("./Unanswered").then((module) => ({ default: module.Unanswered })));
const ExportMenu = lazy(() => import("./ExportMenu").then((module) => ({ default: module.ExportMenu })));

type Sheets = typeof import("./Paper").Paper;

/** Milliseconds until a page asks that was hidden, or whose server was away. */
const AGAIN = 10_000;

/** Printing waits for nobody: this is here when a page that is seen has had its first second, or its server is back. */
function useSheets(): Sheets | undefined {
  const [sheets, setSheets] = useState<Sheets>();
  useEffect(() => {
    let timer: number;
    const later = (pause: number) => {
      timer = window.setTimeout(() => {
        if (document.hidden) later(AGAIN);
        else import("./Paper").then(({ Paper }) => setSheets(() => Paper), () => later(AGAIN));
      }, pause);
    };
    later(1000);
    return () => clearTimeout(timer);
  }, []);
  return sheets;
}

export interface RunsPageProps {
  /** None: those of every active experiment. */
  experiments: readonly string[];
  search: RunsSearch;
  onSearch: OnSearch;
}

export function RunsPage(props: RunsPageProps) {
  const page = useRunsPage(props);
  const Paper = useSheets();
  const { view, rows, name } = page;
  const actions = useRunActions(page, props.experiments);
  useTitle(name);
  useChartsAhead(props.search, page);
  const [jump, setJump] = useState<{ row: number } | null>(null);
  const start = Object.values(props.search).some(Boolean) ? null : page.experiment?.default_view;
  useEffect(() => {
    if (start) props.onSearch({ ...start.search, v: start.key }, true);
  }, [start]);
  const error = rows.error;
  const filterError = error instanceof ApiError && error.status === 400 && view.filter ? placed(error.body, view.hidden.length > 0) : null;
  const waiting = !rows.empty && rows.total === 0 && !view.trash;
  const goal = rows.best && column("metrics", rows.best.key, rows.best.statistic);
  const toBest = () => {
    const row = rows.best ? rows.find(rows.best.run_id) : -1;
    if (row >= 0) setJump({ row });
    else if (rows.best && goal) {
      // In a tree it may stand under a run that is closed.
      page.change({ tree: false, sort: [{ id: columnId(goal), descending: rows.best.direction === "max" }] });
      setJump({ row: 0 });
    }
  };
  const note = page.experiment?.tags["mlflow.note.content"];
  if (page.missing) {
    return (
      <Suspense>
        <Gone />
      </Suspense>
    );
  }
  return (
    <div className={s.page}>
      <div className={s.head}>
        <h1 dir="auto" title={name}>
          {name}
        </h1>
        {rows.best && (
          <button type="button" className={s.best} onClick={toBest} title="Jump to the best run (*)">
            <span aria-hidden="true">★</span> best {goal && nameOf(goal)} <strong className="num">{formatNumber(rows.best.value)}</strong> {rows.best.unit}
          </button>
        )}
        {note && (
          <Opener label={`About ${name}`} width={560} button={(button) => <Button kind="quiet" icon="file" {...button}>About</Button>}>
            {() => (
              <Suspense>
                <About text={note} />
              </Suspense>
            )}
          </Opener>
        )}
        {page.experiment && (
          <Link className={s.push} to="/experiments/$experimentId/traces" params={{ experimentId: page.experiment.experiment_id }} data-screen-only>
            Traces
          </Link>
        )}
      </div>
      {!waiting && (
        <div className={s.tools} data-screen-only>
          <FilterBox
            value={view.filter}
            experiments={props.experiments}
            error={filterError}
            count={rows.empty || rows.stale ? (filterError ? "" : "…") : countWords(rows.matched, rows.total, Boolean(view.filter))}
            onChange={(filter) => page.change({ filter })}
          />
          <Opener label="Build the filter" width={560} button={(button) => <Button {...button}>Build</Button>}>
            {() => (
              <Suspense>
                <Builder filter={view.filter} experiments={props.experiments} onChange={(filter) => page.change({ filter })} />
              </Suspense>
            )}
          </Opener>
          <ColumnPicker
            experiments={props.experiments}
            chosen={page.specs}
            isDefault={view.columns === null}
            ready={page.ready || view.columns !== null}
            onChange={page.setColumns}
          />
          <Opener
            label="Group runs"
            width={320}
            button={(button) => (
              <Button {...button}>{view.group ? "Grouped" : "Group"}</Button>
            )}
          >
            {() => (
              <Suspense>
                <GroupMenu experiments={props.experiments} group={view.group} onChange={(change) => page.change((now) => ({ group: change(now.group) }))} />
              </Suspense>
            )}
          </Opener>
          <Opener label="Views" width={380} button={(button) => <Button {...button}>Views</Button>}>
            {(close) => (
              <Suspense>
                <Views {...props} onClose={close} />
              </Suspense>
            )}
          </Opener>
          <Opener
            label="Export"
            role="menu"
            button={(button) => (
              <Button icon="download" {...button}>
                Export
              </Button>
            )}
          >
            {(close) =>
              page.spec && (
                <Suspense>
                  <ExportMenu spec={page.spec} specs={page.specs} by={view.group} sort={view.sort} columns={[...page.pinned, ...page.columns]} matched={rows.matched} name={name} onClose={close} />
                </Suspense>
              )
            }
          </Opener>
          {(view.tree || page.nested) && (
            <Button aria-pressed={view.tree} onClick={() => page.change((now) => ({ tree: !now.tree }))} title="Nested runs under their parents">
              Tree
            </Button>
          )}
          {view.tree && <Button onClick={() => page.change((now) => ({ opened: now.opened.includes(ALL) ? [] : [ALL] }))}>{view.opened.includes(ALL) ? "Collapse all" : "Expand all"}</Button>}
          {page.equal.length > 0 && page.spec && <EqualParams keys={page.equal} spec={page.spec} onShow={page.show} />}
          {view.hidden.length > 0 && (
            <Button kind="quiet" icon="undo" onClick={() => page.change({ hidden: [] })}>
              Show {formatCount(view.hidden.length)} hidden
            </Button>
          )}
          <Button kind="quiet" icon={view.trash ? "undo" : "trash"} onClick={() => page.change((now) => ({ trash: !now.trash, selected: [] }))}>
            {view.trash ? "Back to the runs" : "Trash"}
          </Button>
          <PanelSwitch search={props.search} onSearch={props.onSearch} />
        </div>
      )}
      {(props.search.v || props.search.cols || props.search.group) && (
        <Suspense>
          <ViewBar {...props} />
        </Suspense>
      )}
      {error && !rows.empty && !filterError && (
        <Suspense>
          <Unanswered error={error} onRetry={rows.retry} />
        </Suspense>
      )}
      {waiting ? (
        <Suspense>
          <FirstRun {...(page.experiment ? { experiment: page.experiment.name } : {})} />
        </Suspense>
      ) : rows.empty && error && !filterError ? (
        <Trouble error={error} onRetry={rows.retry} />
      ) : rows.empty && filterError ? (
        <Empty icon="search" title="This filter is not understood">
          <p>The place is underlined above.</p>
          <Button onClick={() => page.change({ filter: "" })}>Clear the filter</Button>
        </Empty>
      ) : rows.empty ? (
        <Split page={page} {...props} waiting>
          <Bones />
        </Split>
      ) : rows.matched === 0 && !rows.stale ? (
        <Suspense>
          <NoMatch trash={view.trash} total={rows.total} spec={page.spec && { ...page.spec, filter: view.filter }} hidden={view.hidden.length} onFilter={(filter) => page.change({ filter })} />
        </Suspense>
      ) : (
        <Split page={page} {...props}>
        {view.group && page.spec ? (
          <Suspense fallback={<Bones />}>
            <GroupTable
              spec={page.spec}
              specs={page.specs}
              by={view.group}
              sort={view.sort}
              objective={page.objective}
              onSort={page.head.setSort}
              onFilter={(filter) => page.change({ filter, group: null })}
            />
          </Suspense>
        ) : (
        <>
        {Paper && <Paper page={page} />}
        <Grid
          label={`Runs of ${name}`}
          rows={rows}
          pinned={page.pinned}
          columns={page.columns}
          sort={view.sort}
          selected={page.selected}
          rowHeight={page.narrow ? 40 : 32}
          onRange={page.setRange}
          onSelect={page.select}
          onOpen={page.open}
          onEdit={actions.cell}
          opened={view.tree ? view.opened : null}
          onToggle={page.toggle}
          onUnpin={(id) => page.change((now) => ({ pins: now.pins.filter((one) => one !== id) }))}
          onKey={(key, row) => (key === "*" ? (toBest(), true) : page.key(key) || actions.key(key, row))}
          jump={jump}
          head={props.experiments.length > 0 ? { ...page.head, define: actions.define } : page.head}
          experimentName={page.experimentName}
        />
        </>
        )}
        </Split>
      )}
      {page.selected.size > 0 && (
        <Suspense>
          <SelectionBar
            count={page.selected.size}
            trash={view.trash}
            busy={page.busy}
            onCompare={page.compare}
            onMove={page.move}
            onClear={page.clear}
            actions={actions}
          />
        </Suspense>
      )}
      {actions.dialog}
    </div>
  );
}

/** What is hidden puts a parenthesis before the filter. */
function placed(body: ErrorBody, shifted: boolean): ErrorBody {
  const by = shifted ? 1 : 0;
  return { ...body, ...(body.start == null ? {} : { start: body.start - by }), ...(body.end == null ? {} : { end: body.end - by }) };
}

function countWords(matched: number, total: number, filtered: boolean): string {
  return filtered || matched !== total ? `${formatCount(matched)} of ${formatCount(total)}` : plural(total, "run");
}

function Bones() {
  return (
    <div className={s.bones} role="status">
      <p className="late-word">Waiting for the runs…</p>
      {Array.from({ length: 12 }, (_, i) => (
        <div key={i} style={{ width: `${92 - ((i * 7) % 23)}%` }} />
      ))}
    </div>
  );
}
