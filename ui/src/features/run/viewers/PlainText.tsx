import { useMemo, useRef, useState } from "react";
import { plural } from "../../../lib/format";
import { SearchField } from "../../../ui/Field";
import { IconButton } from "../../../ui/Button";
import s from "../Artifacts.module.css";

/** Places that are marked at once. */
const MOST = 500;

/** Text with a search: all places marked, Enter goes from one to the next, Shift with Enter back. */
export function PlainText({ text }: { text: string }) {
  const [find, setFind] = useState("");
  const [at, setAt] = useState(0);
  const box = useRef<HTMLPreElement>(null);
  const places = useMemo(() => placesOf(text, find), [text, find]);
  const go = (step: number) => {
    if (!places.length) return;
    const next = (at + step + places.length) % places.length;
    setAt(next);
    box.current?.querySelectorAll("mark")[next]?.scrollIntoView({ block: "center" });
  };
  return (
    <>
      <div className={s.find} data-screen-only>
        <SearchField
          label="Search the text"
          data-main-search
          value={find}
          onChange={(event) => {
            setFind(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => event.key === "Enter" && go(event.shiftKey ? -1 : 1)}
        />
        {find && (
          <span role="status">
            {places.length ? `${at + 1} of ` : ""}
            {places.length >= MOST ? `over ${plural(MOST, "place")}` : plural(places.length, "place")}
          </span>
        )}
        {places.length > 1 && <IconButton icon="down" label="Next place" onClick={() => go(1)} />}
      </div>
      <pre ref={box} className={s.text} dir="auto">
        {marked(text, places, find.length, at)}
      </pre>
    </>
  );
}

function placesOf(text: string, find: string): number[] {
  const places: number[] = [];
  if (!find) return places;
  const [where, what] = [text.toLowerCase(), find.toLowerCase()];
  for (let i = where.indexOf(what); i >= 0 && places.length < MOST; i = where.indexOf(what, i + what.length)) places.push(i);
  return places;
}

function marked(text: string, places: readonly number[], length: number, at: number) {
  if (!places.length) return text;
  return [
    text.slice(0, places[0]),
    ...places.flatMap((place, i) => [
      <mark key={place} data-here={i === at || undefined}>
        {text.slice(place, place + length)}
      </mark>,
      text.slice(place + length, places[i + 1] ?? text.length),
    ]),
  ];
}
