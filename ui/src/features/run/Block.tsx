import type { ReactNode } from "react";
import s from "./Run.module.css";

/** A titled part of the overview. */
export function Block({ title, count, tools, children }: { title: string; count?: number; tools?: ReactNode; children: ReactNode }) {
  return (
    <section className={s.block} aria-label={title}>
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
