/** What becomes of the text of every element of the page. Pure. */

import { oneLine, shown } from "../../lib/shown";

type Props = Readonly<Record<string, unknown>>;

/** Attributes that people read or hear. */
const SAID = ["title", "aria-label", "alt", "placeholder"] as const;
/** Elements that hold more than one line of what people wrote. */
const LONG: ReadonlySet<unknown> = new Set(["pre", "p", "q", "li", "textarea"]);

/** Props of an element of the page. Those of components pass as they are, and end in elements, but for links: the router makes theirs. */
export function seen(tag: unknown, props: Props): Props {
  if (typeof tag !== "string" && !("to" in props)) return props;
  // Names stand in elements that take their direction from the text, and in pictures.
  const line = tag === "text" || (props["dir"] === "auto" && !LONG.has(tag));
  let changed: Record<string, unknown> | null = null;
  for (const name of SAID) {
    const value = props[name];
    if (typeof value !== "string") continue;
    const text = shown(value);
    if (text !== value) (changed ??= { ...props })[name] = text;
  }
  const children = props["children"];
  const text = textOf(children, line);
  if (text !== children) (changed ??= { ...props })["children"] = text;
  return changed ?? props;
}

function textOf(children: unknown, line: boolean): unknown {
  if (typeof children === "string") return line ? oneLine(children) : shown(children);
  if (!Array.isArray(children)) return children;
  let changed: unknown[] | null = null;
  children.forEach((child: unknown, i) => {
    if (typeof child !== "string") return;
    // Spaces between pieces are ours.
    const text = line ? shown(child).replace(/[\r\n]+/g, "↵") : shown(child);
    if (text !== child) (changed ??= [...(children as unknown[])])[i] = text;
  });
  return changed ?? children;
}
