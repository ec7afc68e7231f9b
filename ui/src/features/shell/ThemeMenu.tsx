import { lazy, Suspense } from "react";
import { buttonClass } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { Opener } from "../../ui/Popover";

const ThemeList = lazy(() => import("./ThemeList").then((module) => ({ default: module.ThemeList })));

export function ThemeMenu() {
  return (
    <Opener
      label="Theme"
      role="menu"
      width={170}
      button={(props) => (
        <button type="button" className={buttonClass("quiet", true)} aria-label="Theme" title="Theme" {...props}>
          <Icon name="theme" />
        </button>
      )}
    >
      {(close) => (
        <Suspense>
          <ThemeList onClose={close} />
        </Suspense>
      )}
    </Opener>
  );
}
