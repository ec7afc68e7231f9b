import { ApiError } from "../../api/http";
import { Button } from "../../ui/Button";
import s from "./RunsPage.module.css";

/** The last question about the table failed, and what is shown answers an older one. A server that is away has its banner. */
export function Unanswered({ error, onRetry }: { error: Error; onRetry: () => void }) {
  if (error instanceof ApiError && error.away) return null;
  return (
    <p className={s.unanswered} role="alert">
      <span>
        <b>These are the rows from before.</b> The new ones could not be loaded: {error.message}
      </span>
      <Button icon="reset" onClick={onRetry}>
        Try again
      </Button>
    </p>
  );
}
