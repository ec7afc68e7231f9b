/** Is the page on its way to paper? What a screen draws only where it is seen has to be whole by then. */

import { useSyncExternalStore } from "react";
import { flushSync } from "react-dom";

const media = window.matchMedia("print");
let printing = media.matches;
const listeners = new Set<() => void>();

/** Drawn before the listener returns: the browser lays out the sheets right after. */
function tell(now: boolean): void {
  if (now === printing) return;
  printing = now;
  flushSync(() => listeners.forEach((listener) => listener()));
}

window.addEventListener("beforeprint", () => tell(true));
window.addEventListener("afterprint", () => tell(false));
media.addEventListener("change", () => tell(media.matches));

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePrinting(): boolean {
  return useSyncExternalStore(subscribe, () => printing);
}
