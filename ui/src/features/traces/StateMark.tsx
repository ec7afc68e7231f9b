import { Icon } from "../../ui/Icon";
import s from "./Traces.module.css";

const STATES = {
  OK: ["check", "OK", "ok"],
  ERROR: ["cross", "Error", "error"],
  IN_PROGRESS: ["run", "In progress", "live"],
} as const;

/** A trace's or a span's state, with a sign and a word. */
export function StateMark({ state }: { state: string }) {
  const known = STATES[state as keyof typeof STATES];
  if (!known) return <span className={s.state}>–</span>;
  const [icon, word, tone] = known;
  return (
    <span className={s.state} data-tone={tone}>
      <Icon name={icon} size={14} /> {word}
    </span>
  );
}
