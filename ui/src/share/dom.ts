/** Elements made of plain values. Text is text: nothing here reads markup. */

import { oneLine, shown } from "../lib/shown";

type Child = Node | string | number | null | undefined | false;
type Value = string | number | boolean | null | undefined | ((event: never) => void);

function fill(element: Element, values: Readonly<Record<string, Value>>, children: readonly Child[]): void {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === "function") element.addEventListener(name, value as (event: Event) => void);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, name.startsWith("data-") ? String(value) : shown(String(value)));
  }
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) element.append(child instanceof Node ? child : values["dir"] === "auto" ? oneLine(String(child)) : shown(String(child)));
  }
}

/** `values` are attributes; functions listen to the event of that name. */
export function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, values: Readonly<Record<string, Value>> = {}, ...children: Child[]): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  fill(element, values, children);
  return element;
}

export function draw<Tag extends keyof SVGElementTagNameMap>(tag: Tag, values: Readonly<Record<string, Value>> = {}, ...children: Child[]): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(element, values, children);
  return element;
}

export function replace(parent: Element, ...children: Child[]): void {
  parent.replaceChildren();
  fill(parent, {}, children);
}
