import type { ReactNode } from "react";
import s from "./Run.module.css";

/** A titled part of the overview. */
export function Block({ title, count, tools, late, children }: {
  title: string;
  count?: number;
  tools?: ReactNode;
  /** Comes last where there is only one column. */
  late?: boolean;
  children: ReactNode;
}) {
  return (
    <section className={s.block} aria-label={title} data-late={late}>
      <header>
        <h2>{title}</h2>
        {count !== undefined && <small>{count.toLocaleString("en-US")}</small>}
        {tools && <div>{tools}</div>}
      </header>
      {children}
    </section>
  );
}

export function Facts({ facts, mono = false }: { facts: readonly (readonly [string, ReactNode])[]; mono?: boolean }) {
  return (
    <dl className={s.list}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt dir="auto">{name}</dt>
          <dd className={mono ? "mono" : ""} dir="auto">
            {value}
          </dd>
        </div>
      ))}
    </dl>
  );
}
