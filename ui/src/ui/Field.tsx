import type { InputHTMLAttributes } from "react";
import s from "./Field.module.css";
import { Icon } from "./Icon";

export function TextField({ label, ...rest }: { label: string } & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <label className={s.label}>
      {label}
      <input className={s.input} autoComplete="off" spellCheck={false} {...rest} />
    </label>
  );
}

export function SearchField({ label, ...rest }: { label: string } & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <span className={s.search}>
      <Icon name="search" />
      <input
        className={s.input}
        type="search"
        autoComplete="off"
        spellCheck={false}
        aria-label={label}
        placeholder={label}
        {...rest}
      />
    </span>
  );
}

export function FieldError({ error }: { error: Error | null }) {
  return error ? (
    <p className={s.error} role="alert">
      {error.message}
    </p>
  ) : null;
}
