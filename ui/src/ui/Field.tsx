import type { InputHTMLAttributes, TextareaHTMLAttributes } from "react";
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

interface AreaProps extends Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "onChange"> {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

/** A text of several lines among other fields. */
export function TextArea({ label, onChange, ...rest }: AreaProps) {
  return (
    <label className={s.label}>
      {label}
      <textarea className={s.area} dir="auto" onChange={(event) => onChange(event.target.value)} {...rest} />
    </label>
  );
}

/** A text that a dialog is all about: the dialog's title is its label for who sees it. */
export function NoteArea({ label, onChange, ...rest }: AreaProps) {
  return <textarea className={`${s.area} ${s.tall}`} dir="auto" aria-label={label} autoFocus onChange={(event) => onChange(event.target.value)} {...rest} />;
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
