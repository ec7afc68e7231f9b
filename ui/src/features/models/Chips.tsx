/** Small words about versions: aliases, stages, tags. */

import type { ReactNode } from "react";
import type { VersionRow } from "../../api/schema.gen";
import { Icon, type IconName } from "../../ui/Icon";
import s from "./Models.module.css";

/** An alias, and where it stands if that is not plain from the place. */
export function AliasChip({ alias, version, children }: { alias: string; version?: number; children?: ReactNode }) {
  return (
    <span className={s.alias}>
      <b>@{alias}</b>
      {version !== undefined && <span>v{version}</span>}
      {children}
    </span>
  );
}

const LOOKS: Readonly<Record<string, IconName>> = { Production: "check", Staging: "clock", Archived: "folder" };

/** A stage with its sign; nothing for None. */
export function Stage({ stage, version }: { stage: string; version?: number }) {
  const icon = LOOKS[stage];
  if (!icon) return null;
  return (
    <span className={s.stage} data-stage={stage}>
      <Icon name={icon} size={14} />
      {stage}
      {version !== undefined && <> v{version}</>}
    </span>
  );
}

export function VersionState({ row }: { row: VersionRow }) {
  if (row.status === "READY") return null;
  return (
    <span className={s.trouble} title={row.status_message}>
      <Icon name="crash" size={14} />
      {row.status === "FAILED_REGISTRATION" ? "registration failed" : "not ready"}
    </span>
  );
}

/** Tags that people set: those of the machinery stay out of sight. */
export function ownTags(tags: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(tags).filter(([key]) => !/^(mlflow|runstone)\./.test(key));
}

export function Part({ title, count, tools, children }: { title: string; count?: number; tools?: ReactNode; children: ReactNode }) {
  return (
    <section className={s.part} aria-label={title}>
      <header>
        <h2>{title}</h2>
        {count !== undefined && <small>{count.toLocaleString("en-US")}</small>}
        {tools && <div data-screen-only>{tools}</div>}
      </header>
      {children}
    </section>
  );
}
