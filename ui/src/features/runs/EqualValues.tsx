/** What the params that are equal in all rows are. */

import { useQuery } from "@tanstack/react-query";
import type { TableSpec } from "../../api/runs";
import { equalQuery } from "../../api/table";
import { formatCount } from "../../lib/format";
import { Button } from "../../ui/Button";
import s from "./EqualParams.module.css";

/** Params that are listed; of more one would not see the end. */
const MOST = 200;

export function EqualValues({ spec, onShow }: { spec: TableSpec; onShow: (key: string) => void }) {
  const { data, error } = useQuery(equalQuery(spec));
  if (error) return <p className={s.box}>{error.message}</p>;
  if (!data) return <p className={s.box}>…</p>;
  const shown = data.params.slice(0, MOST);
  return (
    <div className={s.box} tabIndex={0}>
      <h2>Equal in every run that has it</h2>
      <dl className={s.list}>
        {shown.map(({ key, value, runs }) => (
          <div key={key}>
            <dt dir="auto">{key}</dt>
            <dd className="mono" dir="auto">
              {value || <em>empty</em>}
              {runs < data.matched && (
                <small>
                  {" "}
                  in {formatCount(runs)} of {formatCount(data.matched)}
                </small>
              )}
            </dd>
            <dd>
              <Button kind="quiet" onClick={() => onShow(key)} aria-label={`Show ${key} as a column`}>
                Show
              </Button>
            </dd>
          </div>
        ))}
      </dl>
      {data.params.length > MOST && <p>and {formatCount(data.params.length - MOST)} more</p>}
    </div>
  );
}
