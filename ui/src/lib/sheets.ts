/** Which columns of a wide table stand on the same sheet of paper. Pure. */

/** As few blocks as there is room for, about equally wide: `rooms` are what the columns take, `room` what a sheet has for them. */
export function blocks(rooms: readonly number[], room: number): [from: number, to: number][] {
  const whole = rooms.reduce((sum, one) => sum + one, 0);
  const share = whole / Math.max(1, Math.ceil(whole / Math.max(1, room)));
  const found: [number, number][] = [];
  let [from, taken] = [0, 0];
  rooms.forEach((one, i) => {
    // the last one that begins within the share still belongs to it, if the sheet has the room
    if (i > from && (taken + one > room || taken + one / 2 > share)) {
      found.push([from, i]);
      [from, taken] = [i, 0];
    }
    taken += one;
  });
  return from < rooms.length || rooms.length === 0 ? [...found, [from, rooms.length]] : found;
}
