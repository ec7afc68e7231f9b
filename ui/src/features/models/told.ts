/** Events of a model's log in words. */

import type { ModelEvent } from "../../api/schema.gen";

/** Characters of a value that are shown. */
const SHOWN = 120;

const REQUEST: Readonly<Record<string, string>> = { created: "made", approved: "approved", rejected: "rejected", withdrawn: "taken back" };

/** What was done, and from what to what; an event of a later server under its own name. */
export function told(event: ModelEvent): { what: string; change: string } {
  const version = event.version === null ? "" : `Version ${event.version}`;
  const from = event.old === null ? "" : cut(event.old);
  const to = event.new === null ? "" : cut(event.new);
  const both = from && to ? `from ${from} to ${to}` : to || from;
  switch (event.event) {
    case "registered_model.created":
      return { what: "Model made", change: to };
    case "registered_model.renamed":
      return { what: "Renamed", change: both };
    case "registered_model.described":
      return { what: "Described", change: to };
    case "registered_model.deleted":
      return { what: "Model deleted", change: "" };
    case "model_version.created":
      return { what: `${version} made`, change: to && `of ${to}` };
    case "model_version.described":
      return { what: `${version} described`, change: to };
    case "model_version.transitioned":
      return { what: `${version} moved`, change: both };
    case "model_version.changed":
      return { what: `${version} is ${to}`, change: "" };
    case "model_version.deleted":
      return { what: `${version} deleted`, change: from && `it was ${from}` };
    case "registered_model_tag.set":
    case "model_version_tag.set":
      return { what: `Tag ${event.key ?? ""} set`, change: [version && `of ${version.toLowerCase()}`, both].filter(Boolean).join(": ") };
    case "registered_model_tag.deleted":
    case "model_version_tag.deleted":
      return { what: `Tag ${event.key ?? ""} removed`, change: [version && `of ${version.toLowerCase()}`, from && `it was ${from}`].filter(Boolean).join(": ") };
    case "model_version_alias.created":
      return { what: `@${event.key ?? ""} given`, change: `to version ${to}` };
    case "model_version_alias.moved":
      return { what: `@${event.key ?? ""} moved`, change: `from version ${from} to ${to}` };
    case "model_version_alias.deleted":
      return { what: `@${event.key ?? ""} removed`, change: from && `it was version ${from}` };
    case "transition_request.created":
    case "transition_request.approved":
    case "transition_request.rejected":
    case "transition_request.withdrawn":
      return { what: `Request ${REQUEST[event.event.slice(19)] ?? ""}`, change: `${version.toLowerCase()} to ${event.key ? `@${event.key}` : to}` };
    case "comment.created":
      return { what: `Comment on ${version.toLowerCase()}`, change: to };
    case "comment.edited":
      return { what: `Comment on ${version.toLowerCase()} changed`, change: both };
    case "comment.deleted":
      return { what: `Comment on ${version.toLowerCase()} removed`, change: from };
    default:
      return { what: event.event, change: both };
  }
}

function cut(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN - 1)}…`;
}
