/** Frame of an ordinary page: title of the browser tab, the one h1, actions at the right. */

import { type ReactNode, useEffect } from "react";
import { oneLine } from "../lib/shown";
import s from "./Page.module.css";

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${oneLine(title)} · Runstone` : "Runstone";
  }, [title]);
}

export function Page({ title, heading, actions, children }: {
  title: string;
  heading?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  useTitle(title);
  return (
    <div className={s.page}>
      <div className={s.head}>
        <h1>{heading ?? title}</h1>
        {actions && <div className={s.push}>{actions}</div>}
      </div>
      {children}
    </div>
  );
}
