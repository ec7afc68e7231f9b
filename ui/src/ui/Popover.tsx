/** Things that open above the page: a panel under its button, and a menu of actions. */

import { type KeyboardEvent, type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import s from "./Popover.module.css";

export interface Place {
  left: number;
  top: number;
  bottom: number;
}

/** What in a panel gets the focus: the first of them, as soon as there is one. */
const FIRST = "input, [role^=menuitem], button";

/** A panel at a place, closed by Escape or by a click elsewhere; gives the focus back. */
export function Panel({ place, opener, label, role = "dialog", onClose, children, width }: {
  place: Place;
  /** The id of the button that opens and closes it. */
  opener?: string;
  label: string;
  role?: "dialog" | "menu";
  onClose: () => void;
  children: ReactNode;
  width?: number;
}) {
  const ref = useRef<HTMLDivElement>(null);
  const closing = useRef(onClose);
  closing.current = onClose;
  useLayoutEffect(() => {
    const panel = ref.current;
    if (!panel) return;
    const before = document.activeElement as HTMLElement | null;
    panel.showPopover();
    const box = panel.getBoundingClientRect();
    const below = window.innerHeight - place.bottom;
    const up = box.height > below - 12 && place.top > below;
    panel.style.left = `${Math.max(8, Math.min(place.left, window.innerWidth - box.width - 8))}px`;
    panel.style.top = `${up ? Math.max(8, place.top - box.height - 4) : place.bottom + 4}px`;
    panel.style.maxHeight = `${(up ? place.top : below) - 16}px`;
    panel.focus(); // what is in it may be on its way
    const enter = () => document.activeElement === panel && panel.querySelector<HTMLElement>(FIRST)?.focus();
    enter();
    const late = new MutationObserver(enter);
    late.observe(panel, { childList: true, subtree: true });
    return () => {
      late.disconnect();
      if (panel.contains(document.activeElement) || document.activeElement === document.body) before?.focus();
    };
  }, [place]);
  useEffect(() => {
    const outside = ({ target }: PointerEvent) => {
      const own = opener !== undefined && document.getElementById(opener)?.contains(target as Node);
      if (!own && !ref.current?.contains(target as Node)) closing.current();
    };
    document.addEventListener("pointerdown", outside, true);
    return () => document.removeEventListener("pointerdown", outside, true);
  }, [opener]);
  const keys = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape" || (role === "menu" && event.key === "Tab")) {
      event.preventDefault();
      closing.current();
    } else if (role === "menu" && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const items = [...(ref.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
      const at = items.indexOf(document.activeElement as HTMLElement);
      items.at((at + (event.key === "ArrowDown" ? 1 : -1)) % items.length)?.focus();
    }
  };
  return (
    <div ref={ref} popover="manual" tabIndex={-1} className={s.panel} role={role} aria-label={label} style={{ width }} onKeyDown={keys}>
      {children}
    </div>
  );
}

export function placeOf(element: Element): Place {
  const { left, top, bottom } = element.getBoundingClientRect();
  return { left, top, bottom };
}

/** A button that opens a panel. `button` gets what it must carry. */
export function Opener({ label, role = "dialog", width, button, children }: {
  label: string;
  role?: "dialog" | "menu";
  width?: number;
  button: (props: OpenerButton) => ReactNode;
  children: (close: () => void) => ReactNode;
}) {
  const [place, setPlace] = useState<Place | null>(null);
  const id = useId();
  const close = () => setPlace(null);
  return (
    <>
      {button({
        id,
        "aria-haspopup": role,
        "aria-expanded": place !== null,
        onClick: (event) => setPlace(place ? null : placeOf(event.currentTarget)),
      })}
      {place && (
        <Panel place={place} opener={id} label={label} role={role} onClose={close} {...(width === undefined ? {} : { width })}>
          {children(close)}
        </Panel>
      )}
    </>
  );
}

export interface OpenerButton {
  id: string;
  "aria-haspopup": "dialog" | "menu";
  "aria-expanded": boolean;
  onClick: (event: React.MouseEvent) => void;
}

export function MenuItem({ onChoose, checked, children }: { onChoose: () => void; checked?: boolean; children: ReactNode }) {
  return (
    <button
      type="button"
      tabIndex={-1}
      role={checked === undefined ? "menuitem" : "menuitemradio"}
      aria-checked={checked}
      className={s.item}
      onClick={onChoose}
    >
      {children}
    </button>
  );
}

export function Divider() {
  return <div className={s.divider} role="separator" />;
}
