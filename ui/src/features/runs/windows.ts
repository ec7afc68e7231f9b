/** Which windows of a long table must be there to draw rows `first` to `last`: those in sight, and the next when near. */
export function neededWindows(first: number, last: number, size: number, count?: number): number[] {
  const from = Math.floor(Math.max(0, first) / size);
  const end = count === undefined ? last : Math.min(last, Math.max(0, count - 1));
  const to = Math.max(from, Math.floor(Math.max(0, end) / size));
  const windows: number[] = [];
  for (let window = from; window <= to; window += 1) windows.push(window);
  const within = end - to * size;
  const more = count !== undefined && (to + 1) * size < count;
  if (more && within > size / 2) windows.push(to + 1);
  return windows;
}

/** A row at or before `row` in whose place as an end the same windows are needed: while rows roll by, little else need be drawn anew. */
export function windowEdge(row: number, size: number): number {
  const within = row % size;
  return row - within + (within > size / 2 ? Math.floor(size / 2) + 1 : 0);
}
