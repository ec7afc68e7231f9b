interface Placed {
  model_id: string;
  folder: string;
}

/** The URI of a run's file or folder. One inside a logged model goes by the model's id: `runs:/…/model` comes to mean the
 * newest model of its name once the run logs another. Pure. */
export function artifactUri(runId: string, path: string, models: readonly Placed[] = []): string {
  const inside = (one: Placed) => one.model_id && one.folder && (path === one.folder || path.startsWith(`${one.folder}/`));
  const model = models.filter(inside).sort((a, b) => b.folder.length - a.folder.length)[0];
  if (model) return `models:/${model.model_id}${path.slice(model.folder.length)}`;
  return `runs:/${runId}${path && `/${path}`}`;
}
