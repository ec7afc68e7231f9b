/** Times that keep counting; one clock for the whole page. */

import { useSyncExternalStore } from "react";
import { clock } from "../lib/clock";
import { formatAgo, formatDuration, formatTime } from "../lib/format";

const TICK = 5000;
let now = clock();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (!timer) now = clock(); // no answer had told the time before
  timer ??= setInterval(() => {
    if (document.hidden) return;
    now = clock();
    for (const one of listeners) one();
  }, TICK);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The time, renewed every five seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

export function Ago({ time }: { time: number | null }) {
  const current = useNow();
  if (time === null) return <span title="not known">–</span>;
  return <time title={formatTime(time)}>{formatAgo(time, Math.max(current, clock() - TICK))}</time>;
}

export function Took({ start, end, running }: { start: number | null; end: number | null; running: boolean }) {
  const current = useNow();
  if (start === null || (end === null && !running)) return <span title="not known">–</span>;
  return <span className="num">{formatDuration((end ?? Math.max(current, clock() - TICK)) - start)}</span>;
}
