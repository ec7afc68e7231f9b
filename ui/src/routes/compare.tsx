import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { readSettings, writeSettings } from "../charts/settings";
import { Compare } from "../features/compare/Compare";
import { joinList, splitList } from "../lib/columns";

const route = getRouteApi("/compare");

export function CompareRoute() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const ids = useMemo(() => splitList(search.runs ?? ""), [search.runs]);
  const settings = useMemo(() => readSettings(search), [search]);
  return (
    <Compare
      ids={ids}
      base={search.base ?? ""}
      metric={search.metric ?? ""}
      onMetric={(metric) => void navigate({ search: (old) => ({ ...old, metric: metric || undefined }) })}
      settings={settings}
      onRuns={(runs, base) => void navigate({ search: (old) => ({ ...old, runs: joinList(runs) || undefined, base: base || undefined }) })}
      files={{ file: search.file ?? "", against: search.with ?? "", look: search.look ?? "" }}
      onFiles={({ file, against, look }) =>
        void navigate({ replace: true, search: (old) => ({ ...old, file: file || undefined, with: against || undefined, look: look || undefined }) })
      }
      onSettings={(next) => void navigate({ replace: true, search: (old) => ({ ...old, ...writeSettings(next) }) })}
    />
  );
}
