import { Link } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useRef, useState } from "react";
import { Icon, type IconName } from "../../ui/Icon";
import { IconButton } from "../../ui/Button";
import { Toasts } from "../../ui/Toasts";
import { Banner, LiveDot } from "./Connection";
import s from "./Shell.module.css";
import { ThemeMenu } from "./ThemeMenu";
import { useGoKeys } from "./useGoKeys";

const KeyList = lazy(() => import("./KeyList").then((module) => ({ default: module.KeyList })));

const PAGES: readonly { to: "/" | "/experiments" | "/models" | "/compare"; name: string; icon: IconName }[] = [
  { to: "/", name: "Home", icon: "home" },
  { to: "/experiments", name: "Experiments", icon: "experiments" },
  { to: "/models", name: "Models", icon: "model" },
  { to: "/compare", name: "Compare", icon: "compare" },
];

interface Props {
  /** The way here, the page itself last. */
  crumbs: ReactNode;
  /** Who is here. */
  account?: ReactNode;
  /** What can be done with the page. */
  share?: ReactNode;
  /** The palette, drawn while it is open. */
  finder: (onClose: () => void, onKeys: () => void) => ReactNode;
  children: ReactNode;
}

const COMMAND = /Mac|iP(hone|ad)/.test(navigator.platform) ? "⌘K" : "Ctrl K";

/** Icon rail, top bar, the page between. */
export function Shell({ crumbs, account, share, finder, children }: Props) {
  const [finding, setFinding] = useState(false);
  const [keysShown, setKeysShown] = useState(false);
  const main = useRef<HTMLElement>(null);
  useGoKeys(
    () => setKeysShown(true),
    () => setFinding(true),
  );
  return (
    <div className={s.shell}>
      <a
        className={s.skip}
        href="#main"
        data-screen-only
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <nav className={s.rail} aria-label="Pages" data-screen-only>
        <Link to="/" className={s.logo} aria-label="Runstone" tabIndex={-1}>
          <Logo />
        </Link>
        {PAGES.map((page) => (
          <Link
            key={page.to}
            to={page.to}
            className={s.link}
            aria-label={page.name}
            title={page.name}
            activeOptions={{ exact: page.to === "/" }}
          >
            <Icon name={page.icon} size={18} />
          </Link>
        ))}
      </nav>
      <header className={s.top} data-screen-only>
        <nav aria-label="Where you are" style={{ minWidth: 0 }}>
          {crumbs}
        </nav>
        <div className={s.tools}>
          <button type="button" className={s.find} onClick={() => setFinding(true)} aria-label={`Find or do… ${COMMAND}`}>
            <Icon name="search" />
            <span>Find or do…</span> <kbd>{COMMAND}</kbd>
          </button>
          <LiveDot />
          {share}
          <IconButton icon="help" label="Keyboard (?)" onClick={() => setKeysShown(true)} />
          <ThemeMenu />
          {account}
        </div>
      </header>
      <main ref={main} id="main" className={s.main} tabIndex={-1}>
        <Banner />
        {children}
      </main>
      <Toasts />
      {finding &&
        finder(
          () => setFinding(false),
          () => setKeysShown(true),
        )}
      {keysShown && (
        <Suspense fallback={null}>
          <KeyList onClose={() => setKeysShown(false)} />
        </Suspense>
      )}
    </div>
  );
}

function Logo() {
  return (
    <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#1d4ed8" />
      <path d="M8 23 13 13l5 6 6-11" fill="none" stroke="#fff" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round" />
      <circle cx="24" cy="8" r="2.6" fill="#ffd95e" />
    </svg>
  );
}
