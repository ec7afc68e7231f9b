export function MetricsRoute() { return null; }
export function SystemRoute() { return null; }
