import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { clock, hearClock } from "./clock";

const NOON = Date.UTC(2026, 10, 28, 12);
beforeEach(() => void vi.useFakeTimers({ now: NOON }));
afterEach(() => void vi.useRealTimers());

it("is the browser's where it is about right, or nothing is known", () => {
  hearClock("Sat, 28 Nov 2026 11:59:30 GMT");
  expect(clock()).toBe(NOON);
  hearClock(null);
  expect(clock()).toBe(NOON);
});

it("is the server's where the browser is hours ahead or behind", () => {
  hearClock("Sat, 28 Nov 2026 07:00:00 GMT");
  expect(clock()).toBe(NOON - 5 * 3_600_000);
  hearClock("Sat, 28 Nov 2026 17:00:00 GMT");
  expect(clock()).toBe(NOON + 5 * 3_600_000);
  hearClock("Sat, 28 Nov 2026 12:00:01 GMT");
  expect(clock()).toBe(NOON);
});
