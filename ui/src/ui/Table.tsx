/** An ordinary table of a page: short, whole, scrolled sideways where it is too narrow; and a choice of a few words. */

import { type ReactNode, type SelectHTMLAttributes, useId } from "react";
import field from "./Field.module.css";
import s from "./Table.module.css";

export function Table({ label, heads, busy = false, children }: {
  label: string;
  /** The last one, if empty, is the column of actions. */
  heads: readonly string[];
  busy?: boolean;
  children: ReactNode;
}) {
  return (
    <div className={s.scroll} tabIndex={0} role="region" aria-label={label}>
      <table className={s.table} aria-busy={busy}>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col" className={head ? undefined : s.tight}>
                {head || <span className="hidden-word">Actions</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

export function Choice({ label, hint, children, ...rest }: { label: string; hint?: string } & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId();
  return (
    <label className={field.label}>
      {label}
      <select className={s.select} aria-describedby={hint ? id : undefined} {...rest}>
        {children}
      </select>
      {hint && (
        <small id={id} className={s.faint}>
          {hint}
        </small>
      )}
    </label>
  );
}
