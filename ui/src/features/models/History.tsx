/** What was done to a registered model, by whom and why: the log, which nobody can write to. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { historyQuery } from "../../api/models";
import type { ModelEvent } from "../../api/schema.gen";
import { formatTime } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Trouble } from "../../ui/Empty";
import { Ago } from "../../ui/Time";
import { Part } from "./Chips";
import { told } from "./told";
import s from "./Models.module.css";

export function History({ name }: { name: string }) {
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(historyQuery(name));
  if (error && !data) return <Trouble error={error} onRetry={() => void refetch()} />;
  if (!data) return null;
  return (
    <Part title="History">
      <ol className={s.moves} data-testid="history">
        {data.pages.flatMap((page) => page.events.map((event) => <Event key={event.number} event={event} />))}
      </ol>
      {hasNextPage && (
        <Button kind="quiet" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show older
        </Button>
      )}
    </Part>
  );
}

function Event({ event }: { event: ModelEvent }) {
  const { what, change } = told(event);
  return (
    <li>
      <small title={formatTime(event.time)}>
        <Ago time={event.time} />
        {event.user_id && <> by {event.user_id}</>}
      </small>
      <b>{what}</b> <span dir="auto">{change}</span>
      {event.reason && <q dir="auto">{event.reason}</q>}
    </li>
  );
}
