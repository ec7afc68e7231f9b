/** A question over the page. The browser's own <dialog> keeps the focus inside and Escape working. */

import { type FormEvent, type ReactNode, useEffect, useId, useRef } from "react";
import { Button } from "./Button";
import s from "./Dialog.module.css";

export function Dialog({ title, action, disabled = false, onAction, onClose, children }: {
  title: string;
  /** The word on the button that does it; none: a dialog that only tells. */
  action?: string;
  disabled?: boolean;
  onAction?: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    ref.current?.showModal();
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!disabled) onAction?.();
  };
  return (
    <dialog ref={ref} className={s.dialog} aria-labelledby={id} onClose={onClose} onKeyDown={(event) => event.stopPropagation()}>
      <form className={s.form} onSubmit={submit}>
        <h2 id={id}>{title}</h2>
        {children}
        <div className={s.actions}>
          <Button onClick={onClose}>{action ? "Cancel" : "Close"}</Button>
          {action && (
            <Button kind="primary" type="submit" disabled={disabled}>
              {action}
            </Button>
          )}
        </div>
      </form>
    </dialog>
  );
}
