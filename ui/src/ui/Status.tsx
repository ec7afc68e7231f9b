import { statusLook } from "../lib/status";
import { Icon } from "./Icon";
import s from "./Status.module.css";

export function Status({ status, cause }: { status: string; cause?: string | null | undefined }) {
  const look = statusLook(status);
  return (
    <span
      className={`${s.status} ${s[look.tone]}`}
      data-running={status === "RUNNING" || undefined}
      title={cause ? `${look.word}: ${cause}` : undefined}
    >
      <Icon name={look.icon} size={14} />
      {look.word}
    </span>
  );
}
