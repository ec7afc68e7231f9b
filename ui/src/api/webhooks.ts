/** Webhooks: keys, queries, changes. */

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ask } from "./http";
import type { Deliveries, NewWebhook, WebhookEdit, WebhookGone, WebhookRow, Webhooks, WebhookTested } from "./schema.gen";

const at = (id: string) => `webhooks/${encodeURIComponent(id)}`;

export const webhooksQuery = queryOptions({
  queryKey: ["webhooks"],
  queryFn: ({ signal }) => ask<Webhooks>("webhooks", { signal }),
});

/** Looked at again now and then while it is shown: messages are on their way. */
export const deliveriesQuery = (id: string) =>
  queryOptions({
    queryKey: ["webhooks", id, "deliveries"],
    queryFn: ({ signal }) => ask<Deliveries>(`${at(id)}/deliveries`, { query: { limit: 50 }, signal }),
    refetchInterval: 5_000,
  });

function useChange<Told, Answer>(change: (told: Told) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => void client.invalidateQueries({ queryKey: webhooksQuery.queryKey, exact: true }) });
}

export const useCreateWebhook = () => useChange((body: NewWebhook) => ask<WebhookRow>("webhooks", { method: "POST", body }));

export const useEditWebhook = () =>
  useChange(({ id, edit }: { id: string; edit: WebhookEdit }) => ask<WebhookRow>(at(id), { method: "PATCH", body: edit }));

export const useDeleteWebhook = () => useChange((id: string) => ask<WebhookGone>(at(id), { method: "DELETE" }));

export const useTestWebhook = () => useMutation({ mutationFn: (id: string) => ask<WebhookTested>(`${at(id)}/test`, { method: "POST", body: {} }) });
