import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { changedSettings, type ChartSearch, readSettings } from "../charts/settings";
import { Compare } from "../features/compare/Compare";
import { joinList, splitList } from "../lib/columns";
import { useAddress } from "./useAddress";

const route = getRouteApi("/compare");

type Search = ChartSearch & { [key in "runs" | "base" | "metric" | "file" | "with" | "look"]?: string | undefined };

/** Which runs, and by which metric, are places to come back to. */
const isStep = (change: Search): boolean => "runs" in change || "metric" in change;

export function CompareRoute() {
  const [search, write] = useAddress<Search>(route, isStep);
  const ids = useMemo(() => splitList(search.runs ?? ""), [search.runs]);
  const settings = useMemo(() => readSettings(search), [search]);
  return (
    <Compare
      ids={ids}
      base={search.base ?? ""}
      metric={search.metric ?? ""}
      onMetric={(metric) => write({ metric: metric || undefined })}
      settings={settings}
      onRuns={(change) =>
        write((now) => {
          const { ids, base } = change(splitList(now.runs ?? ""), now.base ?? "");
          return { runs: joinList(ids) || undefined, base: base || undefined };
        })
      }
      files={{ file: search.file ?? "", against: search.with ?? "", look: search.look ?? "" }}
      onFiles={({ file, against, look }) =>
        write({
          ...(file === undefined ? {} : { file: file || undefined }),
          ...(against === undefined ? {} : { with: against || undefined }),
          ...(look === undefined ? {} : { look: look || undefined }),
        })
      }
      onSettings={(change) => write((now) => changedSettings(now, change))}
    />
  );
}
