/** The same while developing. */

import { Fragment, type JSX, jsxDEV as one } from "react/jsx-dev-runtime";
import { seen } from "./seen";

export { Fragment, type JSX };

export const jsxDEV: typeof one = (type, props, ...rest) => one(type, seen(type, props as Record<string, unknown>), ...rest);
