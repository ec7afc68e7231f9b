import { useQuery } from "@tanstack/react-query";
import { verdictQuery } from "../../api/compare";
import type { Comparison, Group } from "../../api/schema.gen";
import { exactNumber, formatNumber, plural } from "../../lib/format";
import { Button } from "../../ui/Button";
import s from "./Verdict.module.css";
import { answerOf, interval } from "./verdict";

interface Props {
  ids: readonly string[];
  baseline: string;
  metric: string;
  metrics: readonly string[];
  onMetric: (metric: string) => void;
  onMore: (ids: readonly string[]) => void;
}

/** What the answer will take, about: its words, the heads, and a line for each run where no two are alike. */
const roomFor = (runs: number) => 100 + 25 * Math.min(runs, 12);

/** Is it better? In plain words, with the groups that the words are about. */
export function VerdictPanel({ ids, baseline, metric, metrics, onMetric, onMore }: Props) {
  const { data, error, isPlaceholderData, isPending } = useQuery(verdictQuery(ids, metric, baseline));
  return (
    <section className={s.panel} aria-label="Is it better?" aria-busy={isPlaceholderData || isPending} style={isPending ? { minHeight: roomFor(ids.length) } : undefined} data-testid="verdict">
      <header>
        <h2>Is it better?</h2>
        <label>
          by
          <select value={metric || (data?.metric ?? "")} onChange={(event) => onMetric(event.target.value)}>
            {!metric && !data && <option value="">{isPending ? "…" : "choose a metric"}</option>}
            {[...new Set([metric || (data?.metric ?? ""), ...metrics])].filter(Boolean).map((key) => (
              <option key={key} value={key}>
                {key}
              </option>
            ))}
          </select>
        </label>
        {data && <small>{[data.statistic === "last" ? "" : data.statistic, data.unit].filter(Boolean).join(", ")}</small>}
      </header>
      {error && <p>{error.message}</p>}
      {!error && data && (
        <>
          <p className={s.words}>{data.words}</p>
          {data.further.length > 0 && (
            <p>
              <Button onClick={() => onMore(data.further)}>
                Add {plural(data.further.length, "run")} that {data.further.length === 1 ? "differs" : "differ"} only in the seed
              </Button>
            </p>
          )}
          <Groups found={data} />
        </>
      )}
    </section>
  );
}

function Groups({ found }: { found: Comparison }) {
  if (found.groups.length < 2) return null;
  const order = [found.baseline, ...found.verdicts.map((one) => one.group)];
  return (
    <div className={s.scroll} role="region" aria-label="Groups" tabIndex={0}>
      <table className={s.table}>
        <thead>
          <tr>
            <th scope="col">Runs equal but for the seed</th>
            <th scope="col">Answer</th>
            <th scope="col">Runs</th>
            <th scope="col">Mean ± deviation</th>
            <th scope="col">Difference</th>
            <th scope="col">{found.level * 100} % interval</th>
            <th scope="col" title="Permutation test, corrected by Holm for the number of groups">
              p
            </th>
            <th scope="col" title="The chance that one run of this group beats one of the baseline">
              Beats baseline
            </th>
            <th scope="col" title="Hedges' g: the difference in standard deviations">
              Effect
            </th>
          </tr>
        </thead>
        <tbody>
          {order.map((place) => {
            const group = found.groups[place];
            const one = found.verdicts.find((verdict) => verdict.group === place);
            if (!group) return null;
            return (
              <tr key={place} title={one?.words}>
                <th scope="row" dir="auto">
                  {group.name}
                </th>
                <td>{one ? answerOf(one) : "baseline"}</td>
                <td title={group.left_out ? `${plural(group.left_out, "run")} without a finite value` : undefined}>
                  {group.values.length}
                  {group.left_out > 0 && ` of ${group.run_ids.length}`}
                </td>
                <td title={exactNumber(group.mean)}>{meanOf(group)}</td>
                <td title={exactNumber(one?.difference)}>{one ? formatNumber(one.difference, 3) : ""}</td>
                <td>{one ? interval(one.low, one.high) : ""}</td>
                <td>{one ? formatNumber(one.p_corrected, 2) : ""}</td>
                <td>{one ? share(one.superiority) : ""}</td>
                <td>{one ? formatNumber(one.effect, 2) : ""}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function meanOf({ mean, deviation }: Group): string {
  return deviation === null ? formatNumber(mean) : `${formatNumber(mean)} ± ${formatNumber(deviation, 2)}`;
}

function share(value: number | null): string {
  return value === null ? "–" : `${Math.round(value * 100)} %`;
}
