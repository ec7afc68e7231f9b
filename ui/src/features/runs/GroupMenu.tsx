/** What runs are grouped by. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type KeyKind, keysQuery } from "../../api/keys";
import { turned } from "../../lib/change";
import { plural } from "../../lib/format";
import { SearchField } from "../../ui/Field";
import s from "./GroupMenu.module.css";

export interface GroupMenuProps {
  experiments: readonly string[];
  group: readonly string[] | null;
  /** What groups are follows from what they are then. */
  onChange: (change: (group: readonly string[] | null) => string[] | null) => void;
}

const KINDS: readonly KeyKind[] = ["params", "tags"];
const MOST = 200;

export function GroupMenu({ experiments, group, onChange }: GroupMenuProps) {
  const [contains, setContains] = useState("");
  const params = useQuery(keysQuery("params", experiments, contains, MOST));
  const tags = useQuery(keysQuery("tags", experiments, contains, MOST));
  const found = { params: params.data ?? [], tags: (tags.data ?? []).filter((key) => !key.key.startsWith("mlflow.")) };
  const chosen = group ?? [];
  const toggle = (id: string) =>
    onChange((now) => {
      const next = turned(now ?? [], id);
      return next.length ? next : null;
    });
  return (
    <div className={s.menu}>
      <div className={s.first} role="group" aria-label="Groups">
        <button type="button" aria-pressed={group === null} onClick={() => onChange(() => null)}>
          No groups
        </button>
        <button type="button" aria-pressed={group?.length === 0} onClick={() => onChange(() => [])}>
          All params but seeds
        </button>
      </div>
      <SearchField label="Search params and tags" value={contains} onChange={(event) => setContains(event.target.value)} />
      <div className={s.list} tabIndex={0} role="group" aria-label="Group by">
        {KINDS.map((kind) =>
          found[kind as "params" | "tags"].map((key) => (
            <label key={`${kind}.${key.key}`}>
              <input type="checkbox" checked={chosen.includes(`${kind}.${key.key}`)} onChange={() => toggle(`${kind}.${key.key}`)} />
              <span dir="auto">{kind === "tags" ? `tag ${key.key}` : key.key}</span>
              <small>{plural(key.runs, "run")}</small>
            </label>
          )),
        )}
        {found.params.length + found.tags.length === 0 && ![params, tags].some((one) => one.isPending || one.isPlaceholderData) && <p>No such key.</p>}
      </div>
    </div>
  );
}
