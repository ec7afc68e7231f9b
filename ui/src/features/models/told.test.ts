import { describe, expect, it } from "vitest";
import type { ModelEvent } from "../../api/schema.gen";
import { told } from "./told";

const event = (name: string, more: Partial<ModelEvent> = {}): ModelEvent => ({
  number: "1", time: 0, user_id: "", event: name, name: "wine", version: null, key: null, old: null, new: null, reason: "", ...more,
});

describe("told", () => {
  it("says what was done and from what to what", () => {
    expect(told(event("model_version.transitioned", { version: 3, old: "None", new: "Production" }))).toEqual({ what: "Version 3 moved", change: "from None to Production" });
    expect(told(event("model_version_alias.moved", { key: "champion", version: 2, old: "1", new: "2" }))).toEqual({ what: "@champion moved", change: "from version 1 to 2" });
    expect(told(event("model_version_tag.set", { key: "ok", version: 2, new: "yes" }))).toEqual({ what: "Tag ok set", change: "of version 2: yes" });
    expect(told(event("registered_model_tag.deleted", { key: "team", old: "a" }))).toEqual({ what: "Tag team removed", change: "it was a" });
  });

  it("says who asked for what, and what was said", () => {
    expect(told(event("transition_request.approved", { version: 3, old: "None", new: "Production" }))).toEqual({ what: "Request approved", change: "version 3 to Production" });
    expect(told(event("transition_request.created", { version: 3, key: "champion", new: "3" }))).toEqual({ what: "Request made", change: "version 3 to @champion" });
    expect(told(event("comment.edited", { version: 3, key: "id", old: "a", new: "b" }))).toEqual({ what: "Comment on version 3 changed", change: "from a to b" });
  });

  it("shows an event that it does not know, and cuts what is long", () => {
    expect(told(event("model_version.blessed", { new: "x" }))).toEqual({ what: "model_version.blessed", change: "x" });
    expect(told(event("registered_model.described", { new: "y".repeat(500) })).change).toHaveLength(120);
  });
});
