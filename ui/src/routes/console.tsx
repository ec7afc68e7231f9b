export function ConsoleRoute() { return null; }
