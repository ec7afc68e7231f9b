/** The filter put together from rows, for those who would rather not write it. It and the text are one thing. */

import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState } from "react";
import { type KeyKind, keysQuery } from "../../api/keys";
import { valuesQuery } from "../../api/table";
import { quoteKey } from "../../lib/columns";
import { ATTRIBUTES } from "../../lib/filter";
import { Button, IconButton } from "../../ui/Button";
import s from "./Builder.module.css";
import { type BuilderRow, type Built, type Condition, operatorsOf, readRows, rowOf, wantsValue, writeRows } from "./BuilderRows";

const KINDS: readonly KeyKind[] = ["metrics", "params", "tags"];
const MOST = 30;
const NEW = rowOf({ field: "", operator: "=", value: "" });

interface Props {
  filter: string;
  experiments: readonly string[];
  onChange: (filter: string) => void;
}

export function Builder({ filter, experiments, onChange }: Props) {
  const [built, setBuilt] = useState<Built>(() => started(filter));
  const sent = useRef(filter);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (filter === sent.current) return;
    sent.current = filter;
    setBuilt(started(filter));
  }, [filter]);
  const put = (next: Built) => {
    setBuilt(next);
    const text = writeRows(next);
    if (text === sent.current) return;
    sent.current = text;
    onChange(text);
  };
  const replace = (at: number, row: BuilderRow) => put({ ...built, rows: built.rows.map((one, i) => (i === at ? row : one)) });
  return (
    <div ref={box} tabIndex={-1} className={s.box} onKeyDown={(event) => event.key !== "Escape" && event.stopPropagation()}>
      <label className={s.join}>
        Runs that meet
        <select value={built.join} onChange={(event) => put({ ...built, join: event.target.value === "or" ? "or" : "and" })}>
          <option value="and">all of these</option>
          <option value="or">any of these</option>
        </select>
      </label>
      {built.rows.map((row, i) => (
        <div key={i} className={s.row} role="group" aria-label={`Condition ${i + 1}`}>
          {row.condition ? (
            <Fields condition={row.condition} lacking={!row.written} experiments={experiments} onChange={(condition) => replace(i, rowOf(condition))} />
          ) : (
            <code className={s.written} title="Written by hand: change it in the text">
              {row.written}
            </code>
          )}
          <IconButton
            icon="cross"
            label={`Remove condition ${i + 1}`}
            onClick={() => {
              put({ ...built, rows: built.rows.filter((_, at) => at !== i) });
              // The button that had the focus is gone, and Escape must still close the panel.
              box.current?.focus();
            }}
          />
        </div>
      ))}
      <div>
        <Button onClick={() => put({ ...built, rows: [...built.rows, NEW] })}>Add a condition</Button>
      </div>
    </div>
  );
}

function started(filter: string): Built {
  const built = readRows(filter);
  return built.rows.length ? built : { ...built, rows: [NEW] };
}

function Fields({ condition, lacking, experiments, onChange }: {
  condition: Condition;
  lacking: boolean;
  experiments: readonly string[];
  onChange: (condition: Condition) => void;
}) {
  const id = useId();
  const { field, operator, value } = condition;
  const operators = operatorsOf(field);
  const values = useQuery({
    ...valuesQuery({ column: field, experiment_ids: [...experiments], contains: value, limit: MOST }),
    enabled: /^(params|tags)\.|^(status|run_name|user_id)$/.test(field) && wantsValue(operator) && !operator.endsWith("IN"),
    retry: false,
  });
  const setField = (next: string) => onChange({ ...condition, field: next, operator: operatorsOf(next).includes(operator) ? operator : "=" });
  return (
    <>
      <input
        className={s.field}
        list={`${id}-fields`}
        aria-label="Field"
        placeholder="metrics.loss"
        spellCheck={false}
        value={field}
        onChange={(event) => setField(event.target.value)}
      />
      <FieldNames id={`${id}-fields`} written={field} experiments={experiments} />
      <select aria-label="Operator" value={operator} onChange={(event) => onChange({ ...condition, operator: event.target.value })}>
        {operators.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      {wantsValue(operator) ? (
        <input
          className={s.field}
          list={`${id}-values`}
          aria-label="Value"
          aria-invalid={lacking && value !== "" && field !== "" ? true : undefined}
          placeholder={operator.endsWith("IN") ? "a, b, c" : operator.endsWith("LIKE") ? "with % for anything" : "value"}
          spellCheck={false}
          value={value}
          onChange={(event) => onChange({ ...condition, value: event.target.value })}
        />
      ) : (
        <span className={s.field} />
      )}
      <datalist id={`${id}-values`}>
        {values.data?.values.map((one) => (
          <option key={one.value} value={one.value} />
        ))}
      </datalist>
    </>
  );
}

function FieldNames({ id, written, experiments }: { id: string; written: string; experiments: readonly string[] }) {
  const dot = written.indexOf(".");
  const contains = written.slice(dot + 1).replaceAll("`", "");
  const metrics = useQuery(keysQuery("metrics", experiments, contains, MOST));
  const params = useQuery(keysQuery("params", experiments, contains, MOST));
  const tags = useQuery(keysQuery("tags", experiments, contains, MOST));
  const found = { metrics, params, tags };
  return (
    <datalist id={id}>
      {KINDS.flatMap((kind) =>
        (found[kind as keyof typeof found].data ?? []).map((one) => <option key={`${kind}.${one.key}`} value={`${kind}.${quoteKey(one.key)}`} />),
      )}
      {ATTRIBUTES.map((name) => (
        <option key={name} value={name} />
      ))}
    </datalist>
  );
}
