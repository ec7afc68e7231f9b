/** How a metric went over an experiment's newest runs, and which metric that is. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keysQuery } from "../../api/keys";
import { recentQuery } from "../../api/recent";
import { column, columnId, nameOf, parseColumn, type Stat } from "../../lib/columns";
import { exactNumber, formatNumber, plural, toNumber } from "../../lib/format";
import { sparkPath } from "../../lib/spark";
import { Icon } from "../../ui/Icon";
import { SearchField } from "../../ui/Field";
import { Opener } from "../../ui/Popover";
import s from "./Experiments.module.css";

const [WIDTH, HEIGHT] = [96, 24];

/** `columns`: what is drawn of each experiment; all rows ask for them together, as one question. */
export function Trend({ id, columns }: { id: string; columns: Record<string, string> }) {
  const { data } = useQuery(recentQuery(columns));
  const values = data?.[id];
  const spec = parseColumn(columns[id] ?? "");
  if (!values || !spec) return <span className={s.faint}>{data || !columns[id] ? "–" : ""}</span>;
  const finite = values.map(toNumber).filter((one): one is number => one !== null && Number.isFinite(one));
  const newest = values.at(-1);
  const span = finite.length ? `, between ${formatNumber(Math.min(...finite))} and ${formatNumber(Math.max(...finite))}` : "";
  const words = `${nameOf(spec)} of the last ${plural(values.length, "run")} that logged it${span}; newest ${exactNumber(newest)}`;
  return (
    <span className={s.trend} title={words}>
      <svg width={WIDTH} height={HEIGHT} aria-hidden="true" data-spark={values.length}>
        <path d={sparkPath(values, values.map((_, i) => i), WIDTH, HEIGHT)} />
      </svg>
      <span aria-hidden="true">{formatNumber(newest)}</span>
      <span className="hidden-word">{words}</span>
    </span>
  );
}

const STATS: readonly { stat: Stat; name: string }[] = [
  { stat: "last", name: "last value" },
  { stat: "min", name: "least" },
  { stat: "max", name: "greatest" },
  { stat: "mean", name: "mean" },
];
/** Keys offered at once; a search finds the others. */
const MOST_KEYS = 100;

/** `metric` as in the address: `loss`, `loss:min`; none: each experiment's objective. */
export function MetricPicker({ metric, onChange }: { metric: string; onChange: (metric: string | undefined) => void }) {
  const spec = metric ? parseColumn(`metrics.${metric}`) : null;
  return (
    <Opener
      label="Metric of the curves"
      width={320}
      button={(button) => (
        <button type="button" className={s.picker} aria-label={`Metric of the curves: ${spec ? nameOf(spec) : "each one’s objective"}`} {...button}>
          <bdi>{spec ? nameOf(spec) : "Objective"}</bdi> <Icon name="down" size={12} />
        </button>
      )}
    >
      {(close) => (
        <Choices
          chosen={spec?.key ?? ""}
          stat={spec?.stat ?? "last"}
          onChange={(key, stat) => {
            onChange(key ? columnId(column("metrics", key, stat)).slice("metrics.".length) : undefined);
            close();
          }}
        />
      )}
    </Opener>
  );
}

function Choices({ chosen, stat: first, onChange }: { chosen: string; stat: Stat; onChange: (key: string, stat: Stat) => void }) {
  const [contains, setContains] = useState("");
  const [stat, setStat] = useState(first);
  const query = useQuery(keysQuery("metrics", [], contains, MOST_KEYS));
  return (
    <div className={s.choices}>
      <SearchField label="Search metrics" value={contains} onChange={(event) => setContains(event.target.value)} />
      <div className={s.stats} role="group" aria-label="Which value of a run">
        {STATS.map((one) => (
          <button key={one.stat} type="button" aria-pressed={one.stat === stat} onClick={() => setStat(one.stat)}>
            {one.name}
          </button>
        ))}
      </div>
      <div className={s.keys} role="group" aria-label="Metrics">
        <button type="button" aria-pressed={!chosen} onClick={() => onChange("", "last")}>
          Each one’s objective
        </button>
        {query.data?.map(({ key, runs }) => (
          <button key={key} type="button" title={key} aria-pressed={key === chosen} onClick={() => onChange(key, stat)}>
            <bdi>{key}</bdi> <small>{plural(runs, "run")}</small>
          </button>
        ))}
        {query.data?.length === 0 && !query.isPlaceholderData && <p className={s.faint}>No such metric.</p>}
      </div>
    </div>
  );
}
