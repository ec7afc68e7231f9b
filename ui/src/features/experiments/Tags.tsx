/** Tags of an experiment, each of which narrows the list to those that have it. */

import type { ExperimentRow } from "../../api/schema.gen";
import { Icon } from "../../ui/Icon";
import s from "./Experiments.module.css";
import { tagsOf } from "./narrow";

/** Tags of one row; its title names the others. */
const MOST = 6;

interface Props {
  wanted: readonly string[];
  onTurn: (tag: string) => void;
}

export function RowTags({ row, wanted, onTurn }: Props & { row: ExperimentRow }) {
  const tags = tagsOf(row);
  if (tags.length === 0) return null;
  const beyond = tags.slice(MOST);
  return (
    <span className={s.tags}>
      {tags.slice(0, MOST).map((tag) => (
        <button key={tag} type="button" className={s.tag} title={tag} aria-pressed={wanted.includes(tag)} aria-label={`Only with tag ${tag}`} onClick={() => onTurn(tag)}>
          <bdi>{tag}</bdi>
        </button>
      ))}
      {beyond.length > 0 && (
        <span className={s.faint} title={beyond.join("\n")}>
          +{beyond.length}
        </span>
      )}
    </span>
  );
}

/** What the list is narrowed by. */
export function WantedTags({ wanted, onTurn }: Props) {
  return wanted.map((tag) => (
    <button key={tag} type="button" className={s.tag} aria-pressed="true" aria-label={`No longer only with tag ${tag}`} title={tag} onClick={() => onTurn(tag)}>
      <bdi>{tag}</bdi> <Icon name="cross" size={12} />
    </button>
  ));
}
