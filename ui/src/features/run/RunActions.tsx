/** What stands beside a run's status: the reproduction badge, and the button that ends a project's run. */

import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { sessionQuery, marked } from "../../api/session";
import { useEditRun } from "../../api/edits";
import type { RunDetail } from "../../api/schema.gen";
import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { say } from "../../ui/Toasts";
import { reproduction } from "./reproduction";
import s from "./RunActions.module.css";

const ICONS = { ok: "check", warn: "crash", error: "cross" } as const;

export function ReproductionBadge({ run }: { run: RunDetail }) {
  const found = reproduction(run.tags["runstone.reproduction"], run.info.run_id);
  if (!found) return null;
  return (
    <span className={s.badge} data-tone={found.tone} title={found.detail} data-testid="reproduction">
      <Icon name={ICONS[found.tone]} size={14} /> {found.word} <small>{found.detail}</small>
      {found.other && (
        <Link to="/runs/$runId" params={{ runId: found.other }}>
          other run
        </Link>
      )}
    </span>
  );
}

const STOP = "runstone.stop";

/** Whoever watches over the run's process looks at this tag: SIGTERM, then SIGKILL. Nobody watches over other runs. */
export function StopButton({ run }: { run: RunDetail }) {
  const edit = useEditRun();
  const session = useQuery({ ...sessionQuery, enabled: marked() });
  const alive = run.info.status === "RUNNING" || run.info.status === "SCHEDULED";
  if (!alive || run.tags["mlflow.source.type"] !== "PROJECT") return null;
  const asked = run.tags[STOP];
  if (asked) return <span className={s.asked}>stopping, asked by {asked}</span>;
  const stop = () =>
    edit.mutate(
      { id: run.info.run_id, edit: { tags: { [STOP]: session.data?.username || "the UI" } } },
      {
        onSuccess: () => say("Asked the run to stop"),
        onError: (error) => say(error.message, { tone: "error" }),
      },
    );
  return (
    <Button icon="stop" onClick={stop} disabled={edit.isPending}>
      Stop
    </Button>
  );
}
