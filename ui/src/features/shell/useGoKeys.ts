import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { inText } from "../../lib/hotkeys";
import { copyText } from "../../ui/Copy";
import { say } from "../../ui/Toasts";

const PLACES = { h: "/", e: "/experiments", m: "/models", c: "/compare" } as const;

/** Ctrl or ⌘ and `k` finds, everywhere; `g` and a letter go somewhere; `?` lists the keys; `/` goes to the page's search; `y` copies the link. */
export function useGoKeys(onHelp: () => void, onFind: () => void): void {
  const navigate = useNavigate();
  const help = useRef(onHelp);
  help.current = onHelp;
  const find = useRef(onFind);
  find.current = onFind;
  useEffect(() => {
    let going = 0;
    const press = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        if (!document.querySelector("dialog[open]")) find.current();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || inText(event.target)) return;
      const place = PLACES[event.key as keyof typeof PLACES];
      if (going && Date.now() - going < 1000 && place) void navigate({ to: place });
      else if (event.key === "?") help.current();
      else if (event.key === "/") document.querySelector<HTMLElement>("[data-main-search]")?.focus();
      else if (event.key === "y") void copyText(location.href, "the link").then((done) => done && say("Link copied"));
      else {
        going = event.key === "g" ? Date.now() : 0;
        return;
      }
      going = 0;
      event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [navigate]);
}
