/** The three dots of a row or a page: a menu of what can be done with it. */

import type { ReactNode } from "react";
import { buttonClass } from "./Button";
import { Icon } from "./Icon";
import { Opener } from "./Popover";

export function MoreMenu({ label = "More actions", kind = "plain", children }: { label?: string; kind?: "plain" | "quiet"; children: (close: () => void) => ReactNode }) {
  return (
    <Opener
      label={label}
      role="menu"
      button={(props) => (
        <button type="button" className={buttonClass(kind, true)} aria-label={label} {...props}>
          <Icon name="more" />
        </button>
      )}
    >
      {children}
    </Opener>
  );
}
