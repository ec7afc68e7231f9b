/** Short words at the bottom, with a way back. */

import { useEffect, useSyncExternalStore } from "react";
import { inText } from "../lib/hotkeys";
import s from "./Toasts.module.css";

interface Toast {
  id: number;
  text: string;
  tone: "plain" | "error";
  undo?: (() => void) | undefined;
}

const STAYS = 10_000;
let toasts: readonly Toast[] = [];
let next = 0;
const listeners = new Set<() => void>();

function set(change: readonly Toast[]): void {
  toasts = change;
  for (const listener of listeners) listener();
}

/** Say it for ten seconds. `undo` is offered as long. */
export function say(text: string, { tone = "plain", undo }: { tone?: Toast["tone"]; undo?: () => void } = {}): void {
  const id = (next += 1);
  const others = toasts.filter((toast) => toast.undo || toast.text !== text);
  set([...others.slice(-2), { id, text, tone, undo }]);
  setTimeout(() => drop(id), STAYS);
}

/** Tell of a change once it is made, or why it was not: also where whatever asked for it is not on the screen any more. */
export function tell(change: Promise<unknown>, words: string, undo?: () => void): void {
  change.then(
    () => say(words, undo ? { undo } : {}),
    (error: Error) => say(error.message, { tone: "error" }),
  );
}

function drop(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  useEffect(() => {
    const undo = (event: KeyboardEvent) => {
      const last = toasts.findLast((toast) => toast.undo);
      if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || !last || inText(event.target)) return;
      event.preventDefault();
      last.undo?.();
      drop(last.id);
    };
    window.addEventListener("keydown", undo);
    return () => window.removeEventListener("keydown", undo);
  }, []);
  return (
    <div className={s.stack} role="status" aria-live="polite">
      {shown.map((toast) => (
        <div key={toast.id} className={s.toast} data-tone={toast.tone}>
          <span>{toast.text}</span>
          {toast.undo ? (
            <button
              type="button"
              className={s.button}
              onClick={() => {
                toast.undo?.();
                drop(toast.id);
              }}
            >
              Undo
            </button>
          ) : (
            <button type="button" className={s.button} onClick={() => drop(toast.id)}>
              OK
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
