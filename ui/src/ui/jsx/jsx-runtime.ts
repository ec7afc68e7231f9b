/** React's own, but that no text gets on the page with characters that nobody sees: the compiler takes every element from here. */

import { Fragment, type JSX, jsx as one, jsxs as several } from "react/jsx-runtime";
import { seen } from "./seen";

export { Fragment, type JSX };

export const jsx: typeof one = (type, props, key) => one(type, seen(type, props as Record<string, unknown>), key);
export const jsxs: typeof several = (type, props, key) => several(type, seen(type, props as Record<string, unknown>), key);
