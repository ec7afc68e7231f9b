import { useEffect, useState } from "react";
import { useConnection } from "../../api/connection";
import { retryNow } from "../../api/live";
import { formatClock } from "../../lib/format";
import s from "./Shell.module.css";

const WORDS = { live: "live", quiet: "connecting", away: "not connected" } as const;

export function LiveDot() {
  const { state } = useConnection();
  return (
    <span className={s.dot} data-state={state} data-testid="connection" title={`Server: ${WORDS[state]}`}>
      <span>{WORDS[state]}</span>
    </span>
  );
}

/** Said at the top while the server is away; goes by itself. */
export function Banner() {
  const { state, since, retryAt } = useConnection();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (state !== "away") return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [state, retryAt]);
  if (state !== "away") return null;
  const left = Math.ceil((retryAt - now) / 1000);
  return (
    <div className={s.banner} data-testid="banner">
      <span role="alert">Not connected since {formatClock(since)}. What is shown may be old.</span>
      <span className="num">{left > 0 ? `Trying again in ${left} s` : "Trying again…"}</span>
      <button type="button" onClick={retryNow}>
        Retry
      </button>
    </div>
  );
}
