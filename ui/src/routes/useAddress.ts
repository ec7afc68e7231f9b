/** What a page shows stands in its address. Here the pages read it as it is now, and all that they change of it is written. */

import { useRouter } from "@tanstack/react-router";
import { useCallback, useMemo, useRef, useSyncExternalStore } from "react";
import { type Change, partOf } from "../lib/change";
import type { Search } from "../lib/search";

interface Route<Query> {
  id: string;
  useSearch: () => Query;
  useMatch: (options: { select: (match: { pathname: string }) => string }) => string;
}

type Write<Query> = (change: Change<Query>, replace?: boolean) => void;

/**
 * The query of a page's address and how to change it. The router draws an address a moment after it has changed: who typed or ticked
 * twice meanwhile would see the first undone. A page that is no longer there, an answer come late for it, changes nothing.
 * `isStep` says which changes are places to come back to.
 */
export function useAddress<Query extends object>(route: Route<Query>, isStep: (change: Partial<Query>) => boolean = () => false): readonly [Query, Write<Query>] {
  const router = useRouter();
  const drawn = route.useSearch();
  const place = route.useMatch({ select: (match) => match.pathname });
  const here = useCallback(() => same(router.latestLocation.pathname, place), [router, place]);
  const read = useCallback((): Query => {
    const validate = (router.routesById as Record<string, { options: { validateSearch?: unknown } }>)[route.id]?.options.validateSearch as (search: Search) => Query;
    return validate(router.latestLocation.search as Search);
  }, [router, route.id]);
  const location = useSyncExternalStore(router.history.subscribe, () => router.latestLocation);
  const kept = useRef(drawn);
  kept.current = useMemo(() => {
    const now = here() ? read() : drawn;
    return alike(kept.current, now) ? kept.current : now;
  }, [location, drawn, here, read]);
  const write = useCallback<Write<Query>>(
    (change, replace) => {
      if (!here()) return;
      const now = read();
      const part = partOf(change, now);
      void router.navigate({ to: ".", replace: replace ?? !isStep(part), search: { ...now, ...part } as never });
    },
    [router, here, read, isStep],
  );
  return [kept.current, write];
}

const same = (one: string, other: string): boolean => one.replace(/\/$/, "") === other.replace(/\/$/, "");

function alike(one: object, other: object): boolean {
  const [a, b] = [one, other] as Search[];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((key) => a?.[key] === b?.[key]);
}
