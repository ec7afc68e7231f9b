/** The filter: highlighted while it is written, completed, and told where it is wrong. */

import { useEffect, useId, useRef, useState } from "react";
import type { Error as ErrorBody } from "../../api/schema.gen";
import { incomplete, type Token, tokenize } from "../../lib/filter";
import { rememberFilter } from "../../lib/history";
import { IconButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import s from "./FilterBox.module.css";
import { useSuggestions } from "./useSuggestions";

/** Milliseconds after the last key until the server is asked; the first change after such a pause is asked for at once. */
const PAUSE = 150;
/** Milliseconds that a filter stands until it counts as used. */
const KEPT_AFTER = 1_500;

interface Props {
  value: string;
  experiments: readonly string[];
  count: string;
  error: ErrorBody | null;
  onChange: (text: string) => void;
}

export function FilterBox({ value, experiments, count, error, onChange }: Props) {
  const [text, setText] = useState(value);
  const [caret, setCaret] = useState<number | null>(null);
  const [picked, setPicked] = useState(-1);
  const [scroll, setScroll] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const sent = useRef(value);
  const edited = useRef(Number.NEGATIVE_INFINITY);
  const id = useId();
  const changing = useRef(onChange);
  changing.current = onChange;
  useEffect(() => {
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value]);
  const commit = (next: string) => {
    sent.current = next.trim();
    changing.current(next.trim());
  };
  useEffect(() => {
    const now = performance.now();
    const rested = now - edited.current >= PAUSE;
    edited.current = now;
    if (text.trim() === sent.current || incomplete(text)) return;
    if (rested) return commit(text);
    const timer = setTimeout(() => commit(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => {
    if (!value || error || !count) return;
    const timer = setTimeout(() => rememberFilter(experiments.join(","), value), KEPT_AFTER);
    return () => clearTimeout(timer);
  }, [value, error, count, experiments]);
  const suggestions = useSuggestions(text, caret, experiments);
  const wrong = error && text.trim() === value ? error : null;
  const accept = (index: number) => {
    const chosen = suggestions.items[index];
    if (!chosen || !suggestions.place) return;
    const { start, end } = suggestions.place;
    const next = text.slice(0, start) + chosen.insert + text.slice(end);
    const at = start + chosen.insert.length;
    setText(next);
    setPicked(-1);
    setCaret(at);
    requestAnimationFrame(() => input.current?.setSelectionRange(at, at));
    input.current?.focus();
  };
  const open = suggestions.items.length > 0;
  const keys = (event: React.KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) setCaret(input.current?.selectionStart ?? text.length);
      else setPicked((old) => (old + (event.key === "ArrowDown" ? 1 : -1) + suggestions.items.length) % suggestions.items.length);
    } else if ((event.key === "Enter" || event.key === "Tab") && open && picked >= 0) {
      event.preventDefault();
      accept(picked);
    } else if (event.key === "Enter") {
      setCaret(null);
      commit(text);
    } else if (event.key === "Escape") {
      if (open) setCaret(null);
      else input.current?.blur();
    }
  };
  return (
    <>
      <div className={s.box} data-wrong={wrong ? true : undefined}>
        <span className={s.icon}>
          <Icon name="search" size={14} />
        </span>
        <div className={s.field}>
          <div className={s.mirror} aria-hidden="true" style={{ transform: `translateX(${-scroll}px)` }}>
            <Highlighted text={text} error={wrong} />
          </div>
          <input
            ref={input}
            className={s.input}
            data-testid="filter-input"
            data-main-search
            role="combobox"
            aria-label="Filter runs"
            aria-expanded={open}
            aria-controls={`${id}-list`}
            aria-autocomplete="list"
            aria-activedescendant={open && picked >= 0 ? `${id}-${picked}` : undefined}
            aria-invalid={wrong ? true : undefined}
            aria-describedby={wrong ? `${id}-says` : undefined}
            placeholder='Filter, like metrics.loss < 0.5 and params.model = "cnn"'
            autoComplete="off"
            spellCheck={false}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setCaret(event.target.selectionStart);
              setPicked(-1);
            }}
            onScroll={(event) => setScroll(event.currentTarget.scrollLeft)}
            onKeyDown={keys}
            onBlur={() => setCaret(null)}
          />
        </div>
        {text && (
          <span className={s.clear}>
            <IconButton
              icon="cross"
              label="Clear the filter"
              onClick={() => {
                setText("");
                commit("");
                input.current?.focus();
              }}
            />
          </span>
        )}
        <span className={s.count} data-testid="run-count" role="status">
          {count}
        </span>
        {open && (
          <div className={s.list} id={`${id}-list`} role="listbox" aria-label="Suggestions">
            {suggestions.items.map((item, i) => (
              <div
                key={item.label}
                id={`${id}-${i}`}
                role="option"
                aria-selected={i === picked}
                className={s.option}
                onPointerDown={(event) => {
                  event.preventDefault();
                  accept(i);
                }}
              >
                <span>{item.label}</span>
                <small>{item.note}</small>
              </div>
            ))}
          </div>
        )}
      </div>
      {wrong && (
        <p className={s.says} id={`${id}-says`} role="alert">
          {wrong.message.split("\n", 1)}.
          {wrong.expected?.length ? ` Expected: ${wrong.expected.slice(0, 8).join(", ")}.` : ""}
        </p>
      )}
    </>
  );
}

function Highlighted({ text, error }: { text: string; error: ErrorBody | null }) {
  const start = error?.start ?? -1;
  const end = Math.max(error?.end ?? -1, start + 1);
  const marked = (token: Token) => start >= 0 && token.start < end && token.end > start && token.kind !== "space";
  const beyond = start >= text.trimEnd().length && start >= 0;
  return (
    <>
      {tokenize(text).map((token) => (
        <span key={token.start} className={`${s[token.kind] ?? ""} ${marked(token) ? s.error : ""}`}>
          {token.text}
        </span>
      ))}
      {beyond && <span className={s.error}>{"\u00a0\u00a0"}</span>}
    </>
  );
}
