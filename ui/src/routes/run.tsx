export function RunRoute() { return null; }
export function OverviewRoute() { return null; }
