import type { ButtonHTMLAttributes, ReactNode } from "react";
import s from "./Button.module.css";
import { Icon, type IconName } from "./Icon";

export type ButtonKind = "plain" | "primary" | "quiet" | "danger";

export function buttonClass(kind: ButtonKind = "plain", square = false): string {
  return [s.button, kind !== "plain" && s[kind], square && s.square].filter(Boolean).join(" ");
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: ButtonKind;
  icon?: IconName;
  /** The key that does the same. */
  hotkey?: string;
  children: ReactNode;
}

export function Button({ kind = "plain", icon, hotkey, children, ...rest }: ButtonProps) {
  return (
    <button type="button" className={buttonClass(kind)} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
      {hotkey && (
        <kbd className={s.key} aria-hidden="true">
          {hotkey}
        </kbd>
      )}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon: IconName;
  label: string;
}

export function IconButton({ icon, label, ...rest }: IconButtonProps) {
  return (
    <button type="button" className={buttonClass("quiet", true)} aria-label={label} title={label} {...rest}>
      <Icon name={icon} />
    </button>
  );
}
