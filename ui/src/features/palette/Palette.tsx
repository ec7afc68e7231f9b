/** Find or do: what is in memory at once, what the server knows a moment later. Arrows move, Enter opens. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import { findQuery } from "../../api/search";
import { fuzzy } from "../../lib/fuzzy";
import { recent } from "../../lib/recent";
import { forgetTyped, typed } from "../../lib/typed";
import { Icon, type IconName } from "../../ui/Icon";
import { answered, type Find, groups } from "./finds";
import { memory } from "./memory";
import s from "./Palette.module.css";

const ICONS: Readonly<Record<Find["kind"], IconName>> = {
  filter: "search",
  recent: "clock",
  run: "run",
  experiment: "experiments",
  model: "model",
  metric: "table",
  param: "columns",
  page: "right",
  action: "edit",
};

/** Milliseconds after the last key until the server is asked. */
const PAUSE = 60;

interface Props {
  /** Pages and actions of the moment. */
  things: readonly Find[];
  onChoose: (find: Find) => void;
  onClose: () => void;
}

export function Palette({ things, onChoose, onClose }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  const client = useQueryClient();
  const [text, setText] = useState(typed);
  const [asked, setAsked] = useState("");
  // The thing itself, not its place: answers that come later put others before it.
  const [chosen, setChosen] = useState<string | null>(null);
  // At once: the next key is meant for it.
  useLayoutEffect(() => {
    ref.current?.showModal();
    return forgetTyped;
  }, []);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  const { data, isError, isFetching, isPlaceholderData } = useQuery({ ...findQuery(asked), enabled: asked !== "" });
  const known = useMemo(() => [...memory(client), ...things], [client, things]);
  const recents = useMemo(() => recent().map((one): Find => ({ kind: "recent", of: one.kind, id: one.id, name: one.name || one.id })), []);
  const waiting = isPlaceholderData || isFetching || asked !== text.trim();
  const theirs = useMemo(() => {
    if (asked === "") return [];
    // An answer to what was typed before: of it only what fits what is typed now.
    return isPlaceholderData || asked !== text.trim() ? answered(data).filter((one) => fuzzy(one.name, text) > 0) : answered(data);
  }, [asked, text, data, isPlaceholderData]);
  const shown = useMemo(() => groups(text, recents, known, theirs), [text, recents, known, theirs]);
  const flat = shown.flatMap((group) => group.finds);
  const here = Math.max(0, flat.findIndex((find) => identity(find) === chosen));
  const setAt = (at: number) => setChosen(flat[at] ? identity(flat[at]) : null);
  // At once, not when the browser tells of it: the key that opens it may come right after. Closing gives the focus back.
  const close = () => {
    ref.current?.close();
    onClose();
  };
  const choose = (find: Find | undefined) => {
    if (!find) return;
    close();
    onChoose(find);
  };
  const press = (event: KeyboardEvent) => {
    event.stopPropagation();
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step !== undefined && flat.length > 0) {
      event.preventDefault();
      const next = here + step;
      setAt(Math.abs(step) === 1 ? (next + flat.length) % flat.length : Math.max(0, Math.min(flat.length - 1, next)));
    } else if (event.key === "Escape" || ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k")) {
      event.preventDefault();
      close();
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      choose(flat[here]);
    }
  };
  useEffect(() => {
    document.getElementById(`${id}-${here}`)?.scrollIntoView({ block: "nearest" });
  }, [id, here]);
  return (
    <dialog
      ref={ref}
      className={s.palette}
      aria-label="Find or do"
      data-testid="palette"
      onClose={onClose}
      onKeyDown={press}
      onClick={(event) => event.target === ref.current && close()}
    >
      <div className={s.field}>
        <Icon name="search" />
        <input
          role="combobox"
          aria-label="Find or do"
          aria-expanded={flat.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={flat.length > 0 ? `${id}-${here}` : undefined}
          placeholder="A run, experiment, model, metric, action … or a filter"
          autoComplete="off"
          spellCheck={false}
          autoFocus
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setChosen(null);
          }}
        />
      </div>
      {flat.length > 0 ? (
        <List groups={shown} id={id} here={here} onChoose={choose} onPoint={setAt} />
      ) : (
        <p className={s.none} role="status">
          {waiting ? "Looking…" : "Nothing is called so."}
        </p>
      )}
      {isError && <p className={s.none}>The server does not answer; these are from memory.</p>}
    </dialog>
  );
}

const identity = (find: Find) => `${find.kind} ${find.id}`;

interface ListProps {
  groups: ReturnType<typeof groups>;
  id: string;
  here: number;
  onChoose: (find: Find) => void;
  onPoint: (at: number) => void;
}

function List({ groups: shown, id, here, onChoose, onPoint }: ListProps) {
  let at = -1;
  return (
    <div className={s.list} role="listbox" id={`${id}-list`} aria-label="Found">
      {shown.map((group) => (
        <div key={group.kind} role="group" aria-labelledby={`${id}-${group.kind}`}>
          <div className={s.title} role="presentation" id={`${id}-${group.kind}`}>
            {group.title}
          </div>
          {group.finds.map((find) => {
            const place = (at += 1);
            return (
              <div
                key={identity(find)}
                id={`${id}-${place}`}
                role="option"
                aria-selected={place === here}
                className={s.find}
                data-testid="find"
                data-kind={find.kind}
                onPointerMove={() => place !== here && onPoint(place)}
                onClick={() => onChoose(find)}
              >
                <Icon name={ICONS[find.of ?? find.kind]} />
                <span className={s.name} dir="auto">
                  {find.name}
                </span>
                {find.detail && (
                  <small dir="auto">
                    {find.detail}
                  </small>
                )}
                {find.keys && <kbd>{find.keys}</kbd>}
              </div>
            );
          })}
        </div>
      ))}
    </div>
  );
}
