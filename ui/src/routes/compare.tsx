export function CompareRoute() { return null; }
