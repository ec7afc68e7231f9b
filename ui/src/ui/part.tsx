/** Parts of a page whose code comes when it is needed, or ahead of that. */

import { type ComponentType, lazy, useState } from "react";

type Loaded<Props> = { default: ComponentType<Props> };

/**
 * As React's `lazy`; but what has come ahead is drawn at once. React shows the fallback of a `lazy` first, also for a moment, and
 * holds back what follows within 300 ms of it: parts within parts took a second to appear.
 */
export function part<Props extends object>(load: () => Promise<Loaded<Props>>): ComponentType<Props> & { ahead: () => Promise<unknown> } {
  let there: ComponentType<Props> | undefined;
  const come = async () => {
    const loaded = await load();
    there = loaded.default;
    return loaded;
  };
  const Late = lazy(come) as unknown as ComponentType<Props>;
  const Part = (props: Props) => {
    const [Found] = useState(() => there ?? Late); // for good: another type would be drawn from nothing
    return <Found {...props} />;
  };
  return Object.assign(Part, { ahead: come });
}
