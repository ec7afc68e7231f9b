/** Where a run's job stands on the cluster that it was submitted to, in words; nothing for runs of this machine. */
export function jobWords(tags: Record<string, string>): string | undefined {
  const id = tags["runstone.job.id"];
  if (!id) return undefined;
  const { "runstone.job.state": state, "runstone.job.node": node, "mlflow.project.backend": backend } = tags;
  return [backend, "job", id, state, node && state !== "queued" && `on ${node}`].filter(Boolean).join(" ");
}
