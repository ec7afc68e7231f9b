import { useMemo } from "react";
import s from "./Json.module.css";

type Value = null | boolean | number | string | Value[] | { [key: string]: Value };

/** A JSON text as a tree that folds; what is no JSON as the text it is. */
export function Json({ text }: { text: string }) {
  const value = useMemo(() => {
    try {
      return { parsed: JSON.parse(text) as Value };
    } catch {
      return null;
    }
  }, [text]);
  if (!value) {
    return (
      <pre className={s.text} dir="auto">
        {text}
      </pre>
    );
  }
  return (
    <div className={s.json}>
      <Node value={value.parsed} depth={0} />
    </div>
  );
}

const MOST = 100;
const OPEN_DEPTH = 2;

function Node({ name, value, depth }: { name?: string; value: Value; depth: number }) {
  const label = name === undefined ? null : <b>{name}: </b>;
  if (value === null || typeof value !== "object") {
    return (
      <div>
        {label}
        {JSON.stringify(value)}
      </div>
    );
  }
  const entries = Object.entries(value);
  return (
    <details open={depth < OPEN_DEPTH && entries.length <= MOST}>
      <summary>
        {label}
        <i>{Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`}</i>
      </summary>
      {entries.slice(0, MOST).map(([key, one]) => (
        <Node key={key} name={key} value={one} depth={depth + 1} />
      ))}
      {entries.length > MOST && <i>{entries.length - MOST} more</i>}
    </details>
  );
}
