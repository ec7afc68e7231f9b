/** Requests to move a stage or an alias: who asks what and why, and the answer. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { requestsQuery } from "../../api/reviews";
import type { RequestRow } from "../../api/schema.gen";
import { formatTime } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Trouble } from "../../ui/Empty";
import { Ago } from "../../ui/Time";
import { Part } from "./Chips";
import s from "./Models.module.css";
import { AskDialog, DecideDialog, type Decision, target } from "./RequestDialogs";

const WORDS = { APPROVED: "Approved", REJECTED: "Rejected", WITHDRAWN: "Taken back" } as const;
const ACTIONS = [
  { may: "approve", decision: "APPROVED", word: "Approve" },
  { may: "reject", decision: "REJECTED", word: "Reject" },
  { may: "withdraw", decision: "WITHDRAWN", word: "Take back" },
] as const;

/** Of a version everything that was asked; of a model what waits for an answer, and nothing where nothing does. */
export function Requests({ name, version }: { name: string; version?: number }) {
  const { data, error, refetch } = useQuery(requestsQuery(name, version));
  const [asking, setAsking] = useState(false);
  const [deciding, setDeciding] = useState<{ request: RequestRow; decision: Decision } | null>(null);
  if (error && !data) return <Trouble error={error} onRetry={() => void refetch()} />;
  if (!data) return null;
  const rows = version === undefined ? data.requests.filter((one) => one.state === "PENDING") : data.requests;
  if (version === undefined && rows.length === 0) return null;
  return (
    <Part
      title="Requests"
      count={rows.length}
      tools={
        version !== undefined &&
        data.may_ask && (
          <Button kind="quiet" icon="plus" onClick={() => setAsking(true)}>
            Ask for a move
          </Button>
        )
      }
    >
      {rows.length === 0 && <p className={s.faint}>Nobody asked that this version moves.</p>}
      <ol className={s.moves} data-testid="requests">
        {rows.map((one) => (
          <Request key={one.request_id} name={name} one={one} linked={version === undefined} onDecide={(decision) => setDeciding({ request: one, decision })} />
        ))}
      </ol>
      {asking && version !== undefined && <AskDialog name={name} version={version} onClose={() => setAsking(false)} />}
      {deciding && <DecideDialog name={name} {...deciding} onClose={() => setDeciding(null)} />}
    </Part>
  );
}

function Request({ name, one, linked, onDecide }: { name: string; one: RequestRow; linked: boolean; onDecide: (decision: Decision) => void }) {
  const said = WORDS[one.state as keyof typeof WORDS] as string | undefined;
  const move = `to ${target(one)}`;
  return (
    <li>
      <small title={formatTime(one.created)}>
        <Ago time={one.created} />
        {one.user_id && <> by {one.user_id}</>}
      </small>
      {linked ? (
        <Link to="/models/$name/versions/$version" params={{ name, version: String(one.version) }}>
          Version {one.version}
        </Link>
      ) : (
        <>Version {one.version}</>
      )}{" "}
      <b>{move}</b>, {one.stage ? `from ${one.before === "None" ? "no stage" : one.before}` : one.before ? `which is version ${one.before}` : "which is new"}
      {one.comment && <q dir="auto">{one.comment}</q>}
      {one.stale && <p className={s.faint}>That is not so any more, so it cannot be approved. Reject it and let it be asked again.</p>}
      {said && (
        <p>
          {said}
          {one.decided_by && <> by {one.decided_by}</>} <Ago time={one.updated} />
          {one.decision_comment && <q dir="auto">{one.decision_comment}</q>}
        </p>
      )}
      {one.may.length > 0 && (
        <div className={s.answers} data-screen-only>
          {ACTIONS.filter((action) => one.may.includes(action.may)).map((action) => (
            <Button
              key={action.may}
              kind={action.may === "approve" ? "primary" : "plain"}
              aria-label={`${action.word}: version ${one.version} ${move}`}
              onClick={() => onDecide(action.decision)}
            >
              {action.word}…
            </Button>
          ))}
        </div>
      )}
    </li>
  );
}
