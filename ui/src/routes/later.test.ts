import { beforeEach, expect, it, vi } from "vitest";

const untilBack = vi.fn<() => Promise<"here" | "away">>();
vi.mock("../api/live", () => ({ untilBack }));
const kept = new Map<string, string>();
const reload = vi.fn();
vi.stubGlobal("sessionStorage", { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value), removeItem: (key: string) => kept.delete(key) });
vi.stubGlobal("location", { reload });
const { patient } = await import("./later");

beforeEach(() => {
  kept.clear();
  vi.resetAllMocks();
});

it("waits for a server that is away, as often as it goes", async () => {
  untilBack.mockResolvedValue("away");
  const load = vi.fn<() => Promise<string>>().mockRejectedValueOnce(new Error("gone")).mockRejectedValueOnce(new Error("gone")).mockResolvedValue("page");
  expect(await patient(load)()).toBe("page");
  expect(reload).not.toHaveBeenCalled();
});

it("tries once more when the server came back meanwhile", async () => {
  untilBack.mockResolvedValue("here");
  const load = vi.fn<() => Promise<string>>().mockRejectedValueOnce(new Error("gone")).mockResolvedValue("page");
  expect(await patient(load)()).toBe("page");
  expect(reload).not.toHaveBeenCalled();
});

it("loads the page anew when the file is gone for good, and only once", async () => {
  untilBack.mockResolvedValue("here");
  const load = vi.fn<() => Promise<string>>().mockRejectedValue(new Error("404"));
  void patient(load)();
  await vi.waitFor(() => expect(reload).toHaveBeenCalledOnce());
  await expect(patient(load)()).rejects.toThrow("404");
  expect(reload).toHaveBeenCalledOnce();
});
