/** Charts that follow the groups of the table. Pure. */

import type { ChartSettings } from "../../../charts/settings";
import { splitList } from "../../../lib/columns";

interface Param {
  key: string;
  distinct: number;
}

/** Columns that the server groups by at once. */
const MOST = 12;
/** Names of params that seed random numbers, as the server knows them. */
const SEED = /(?:^|[._/\s-])(?:(?:random|global|rng|torch|numpy|np)[._-]?)?(?:seed|random_state|rng)$/i;

/**
 * Grouped as the table is, with the mean of each group and its interval, unless the charts are grouped by themselves.
 * `group` is as in the address; `auto` means all params that vary but the seeds.
 */
export function asGrouped(settings: ChartSettings, group: string | undefined, params: readonly Param[]): ChartSettings {
  if (settings.by.length || !group) return settings;
  const columns =
    group === "auto"
      ? params.filter((one) => one.distinct > 1 && !SEED.test(one.key)).map((one) => `params.${one.key}`)
      : splitList(group).filter((column) => /^(params|tags)\../.test(column));
  if (columns.length === 0 && group !== "auto") return settings;
  return { ...settings, by: columns.slice(0, MOST), draw: settings.draw === "auto" ? "mean" : settings.draw };
}
