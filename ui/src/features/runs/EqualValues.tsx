/** What the params that are equal in all rows are. */

import { useQuery } from "@tanstack/react-query";
import { type TableSpec, tableQuery } from "../../api/runs";
import s from "./EqualParams.module.css";

export function EqualValues({ keys, spec }: { keys: readonly string[]; spec: TableSpec }) {
  const asked = keys.slice(0, 200);
  const query = useQuery(tableQuery({ ...spec, filter: "", order_by: [], columns: asked.map((key) => `params.${key}`) }, 0, 100));
  const value = (i: number) => query.data?.columns[i]?.values.find((one) => one !== null);
  return (
    <div className={s.box} tabIndex={0}>
      <h2>Equal in every run that has it</h2>
      <dl className={s.list}>
        {asked.map((key, i) => (
          <div key={key}>
            <dt dir="auto">{key}</dt>
            <dd className="mono" dir="auto">
              {value(i) ?? "…"}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
