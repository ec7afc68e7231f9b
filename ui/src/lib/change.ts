/** A change of something that several may change: of it as it is when the change is made, not as it was drawn when somebody clicked. */

export type Change<Thing> = Partial<Thing> | ((now: Thing) => Partial<Thing>);

export function partOf<Thing>(change: Change<Thing>, now: Thing): Partial<Thing> {
  return typeof change === "function" ? change(now) : change;
}

/** `list` with `item`, or without it where it was there. */
export function turned<Item>(list: readonly Item[], item: Item): Item[] {
  return list.includes(item) ? list.filter((one) => one !== item) : [...list, item];
}
