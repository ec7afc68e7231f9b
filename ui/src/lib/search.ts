/** Queries in addresses: plain text both ways, the characters that people read left readable. */

export type Search = Record<string, string | undefined>;

export function parseSearch(text: string): Search {
  return Object.fromEntries(new URLSearchParams(text));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const parts = Object.entries(search)
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([key, value]) => `${encode(key)}=${encode(String(value))}`);
  return parts.length ? `?${parts.join("&")}` : "";
}

function encode(text: string): string {
  return encodeURIComponent(text)
    .replace(/%20/g, "+")
    .replace(/%(2C|3A|2F|3D|40|60)/g, (code) => decodeURIComponent(code));
}

/** Old links of MLflow's page, `#/experiments/1/runs/abc`, to the same thing here; null for anything else. */
export function legacyPath(hash: string): string | null {
  const path = hash.replace(/^#/, "").replace(/\?.*$/, "");
  const run = /^\/experiments\/[^/]+\/runs\/([^/]+)/.exec(path);
  if (run) return `/runs/${run[1]}`;
  const experiment = /^\/experiments\/([^/]+)/.exec(path);
  if (experiment) return `/experiments/${experiment[1]}/runs`;
  const version = /^\/models\/([^/]+)(\/versions\/\d+)?/.exec(path);
  if (version) return `/models/${version[1]}${version[2] ?? ""}`;
  if (/^\/models\/?$/.test(path)) return "/models";
  return /^\/(experiments)?$/.test(path) ? "/experiments" : null;
}
