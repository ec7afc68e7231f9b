import { Fragment, type ReactNode } from "react";
import s from "./Shell.module.css";

/** The way to this page; the last is the page itself. */
export function Crumbs({ children }: { children: ReactNode[] }) {
  const way = children.filter((one) => one !== null && one !== false);
  return (
    <ol className={s.crumbs}>
      {way.map((one, i) => (
        <Fragment key={i}>
          <li>
            {i > 0 && <i aria-hidden="true">/</i>}
            {one}
          </li>
        </Fragment>
      ))}
    </ol>
  );
}

export function Here({ children }: { children: ReactNode }) {
  return (
    <span aria-current="page" dir="auto">
      {children}
    </span>
  );
}
