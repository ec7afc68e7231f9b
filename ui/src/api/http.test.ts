import { afterAll, expect, it, vi } from "vitest";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
const { ask } = await import("./http");
afterAll(() => vi.unstubAllGlobals());

const refuse = (message: string) =>
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ error_code: "UNAUTHENTICATED", message }, { status: 401 })));

it("tells whoever is not signed in to sign in, in words for people", async () => {
  refuse("You are not authenticated. Give MLFLOW_TRACKING_USERNAME.");
  await expect(ask("experiments")).rejects.toThrow("Sign in first.");
});

it("tells what was wrong with a sign-in", async () => {
  refuse("The password is wrong.");
  await expect(ask("session", { method: "POST" })).rejects.toThrow("The password is wrong.");
});
