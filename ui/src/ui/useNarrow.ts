import { useSyncExternalStore } from "react";

const query = window.matchMedia("(max-width: 700px)");

function subscribe(listener: () => void): () => void {
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}

/** Is this a phone's width? */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => query.matches);
}
