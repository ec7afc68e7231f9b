/** Share what is on the screen: its link, one file of it, paper. */

import { useLocation, useParams } from "@tanstack/react-router";
import { saveFile } from "../api/http";
import { orderTerm, parseSort, splitList } from "../lib/columns";
import { buttonClass } from "../ui/Button";
import { copyText } from "../ui/Copy";
import { Icon } from "../ui/Icon";
import { MenuItem, Opener } from "../ui/Popover";
import { say } from "../ui/Toasts";

type Wanted = { runs: string } | { exp: string; filter: string; order: string; view: string };

/** What of this page can be one file; null: nothing. */
export function exportable(path: string, search: Readonly<Record<string, unknown>>, runId?: string, experimentId?: string): Wanted | null {
  const text = (key: string) => (typeof search[key] === "string" ? search[key] : "");
  if (runId) return { runs: runId };
  if (/^\/compare\/?$/.test(path)) return text("runs") ? { runs: splitList(text("runs")).join(",") } : null;
  if (!/^\/(experiments\/[^/]+\/)?runs\/?$/.test(path)) return null;
  const order = parseSort(text("sort")).map(orderTerm).join("\n");
  const exp = experimentId ?? splitList(text("exp")).join(",");
  return { exp, filter: text("q"), order, view: text("view") === "deleted" ? "deleted" : "active" };
}

export function ShareMenu() {
  const { pathname, search } = useLocation();
  const { runId, experimentId } = useParams({ strict: false });
  const wanted = exportable(pathname, search, runId, experimentId);
  const items: readonly (readonly [string, () => void])[] = [
    ["Copy the link", () => void copyText(location.href, "the link").then((done) => done && say("Link copied"))],
    ...(wanted ? ([["Save as one HTML file", () => saveFile("export", wanted).catch((error: Error) => say(error.message, { tone: "error" }))]] as const) : []),
    ["Print", () => setTimeout(() => window.print(), 100)],
  ];
  return (
    <Opener
      label="Share"
      role="menu"
      button={(props) => (
        <button type="button" className={buttonClass("quiet", true)} aria-label="Share" title="Share" {...props}>
          <Icon name="share" />
        </button>
      )}
    >
      {(close) =>
        items.map(([word, act]) => (
          <MenuItem
            key={word}
            onChoose={() => {
              close();
              act();
            }}
          >
            {word}
          </MenuItem>
        ))
      }
    </Opener>
  );
}
