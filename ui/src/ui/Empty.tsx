/** What is said where there is nothing to show, or where something went wrong in one place. */

import type { ReactNode } from "react";
import { Button } from "./Button";
import s from "./Empty.module.css";
import { Icon, type IconName } from "./Icon";

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className={s.empty}>
      <Icon name={icon} size={28} />
      <h2>{title}</h2>
      {children && <div className={s.body}>{children}</div>}
    </div>
  );
}

/** What is waited for, said after a second. */
export function Waiting({ what }: { what: string }) {
  return (
    <div role="status" aria-busy="true">
      <p className="late-word">Waiting for {what}…</p>
    </div>
  );
}

export function Trouble({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  return (
    <div className={s.empty} role="alert">
      <Icon name="crash" size={28} />
      <h2>This part could not be loaded</h2>
      <div className={s.body}>
        <p>{error.message}</p>
        {onRetry && (
          <Button icon="reset" onClick={onRetry}>
            Try again
          </Button>
        )}
      </div>
    </div>
  );
}
