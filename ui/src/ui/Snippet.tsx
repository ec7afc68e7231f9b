import { CopyButton } from "./Copy";
import s from "./Snippet.module.css";

export function Snippet({ code, what = "the code" }: { code: string; what?: string }) {
  return (
    <div className={s.snippet}>
      <pre tabIndex={0} aria-label={what}>
        <code>{code}</code>
      </pre>
      <div className={s.copy}>
        <CopyButton text={code} what={what} />
      </div>
    </div>
  );
}
