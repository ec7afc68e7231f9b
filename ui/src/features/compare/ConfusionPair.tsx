/** Two confusion matrices, and what changed from one to the other. */

import { accuracyOf, type Confusion, confusionChange } from "../../lib/content/confusion";
import { formatCount, formatNumber } from "../../lib/format";
import f from "./Files.module.css";

interface Props {
  before: Confusion;
  after: Confusion;
  names: readonly [string, string];
}

export function ConfusionPair({ before, after, names }: Props) {
  const change = confusionChange(before, after);
  return (
    <div className={f.matrices}>
      <Matrix title={names[0]} facts={`accuracy ${formatNumber(accuracyOf(before))}`} labels={before.labels} counts={before.counts} />
      <Matrix title={names[1]} facts={`accuracy ${formatNumber(accuracyOf(after))}`} labels={after.labels} counts={after.counts} />
      {change ? (
        <Matrix title={`${names[1]} less ${names[0]}`} facts="more on the diagonal is better" labels={after.labels} counts={change} signed />
      ) : (
        <p>Their classes are not the same, so they cannot be subtracted.</p>
      )}
    </div>
  );
}

function Matrix({ title, facts, labels, counts, signed = false }: { title: string; facts: string; labels: readonly string[]; counts: readonly (readonly number[])[]; signed?: boolean }) {
  const most = Math.max(1e-300, ...counts.flat().map(Math.abs));
  return (
    <figure className={f.matrix} aria-label={title}>
      <figcaption>
        <b dir="auto">{title}</b> <small>{facts}</small>
      </figcaption>
      <div className={f.scroll} tabIndex={0} role="region" aria-label={`Counts of ${title}`}>
        <table className={f.counts}>
          <thead>
            <tr>
              <th scope="col">true \ predicted</th>
              {labels.map((label, i) => (
                <th key={i} scope="col" dir="auto">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {counts.map((row, i) => (
              <tr key={i}>
                <th scope="row" dir="auto">
                  {labels[i]}
                </th>
                {row.map((count, j) => {
                  // On the diagonal more is better, beside it less.
                  const good = signed ? (i === j) === count > 0 : i === j;
                  return (
                    <td
                      key={j}
                      data-good={count === 0 ? undefined : good}
                      style={{ ["--share" as string]: `${Math.round((Math.abs(count) / most) * 45)}%` }}
                      title={`true ${labels[i]}, predicted ${labels[j]}: ${signed && count > 0 ? "+" : ""}${formatCount(count)}`}
                    >
                      {signed && count > 0 ? "+" : ""}
                      {Number.isInteger(count) ? formatCount(count) : formatNumber(count)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
