/** Pages that come when they are asked for, also when the server is away just then, or is a newer one. */

import { lazyRouteComponent } from "@tanstack/react-router";
import { untilBack } from "../api/live";

const MARK = "runstone.reloaded";

/** Waits for the server where there is none. Where it answers but the file is gone, it is of another version: start anew, once. */
export function patient<Module>(load: () => Promise<Module>): () => Promise<Module> {
  return async () => {
    for (let gone = 0; ; ) {
      try {
        const module = await load();
        mark(false);
        return module;
      } catch (trouble) {
        gone = (await untilBack()) === "here" ? gone + 1 : 0;
        if (gone < 2) continue; // it may have come back just now
        if (!mark(true)) throw trouble;
        location.reload();
        await new Promise(() => undefined);
      }
    }
  };
}

/** Note that the page was loaded anew for this, or that all is well again. False: it was already, or nothing can be noted. */
function mark(anew: boolean): boolean {
  try {
    if (!anew) sessionStorage.removeItem(MARK);
    else if (sessionStorage.getItem(MARK)) return false;
    else sessionStorage.setItem(MARK, "1");
    return true;
  } catch {
    return false;
  }
}

/** As TanStack's `lazyRouteComponent`, patiently. */
export const later: typeof lazyRouteComponent = (load, name) => lazyRouteComponent(patient(load), name);
