import { expect, it } from "vitest";
import { runColour } from "./palette";

it("takes a run's own colour only where it is one", () => {
  expect(runColour(3)).toBe("var(--run-3)");
  expect(runColour(3, "7")).toBe("var(--run-7)");
  expect(runColour(3, "#e33466")).toBe("#e33466");
  for (const odd of ["red", "url(//evil)", "#12", "12", null, 5]) expect(runColour(13, odd)).toBe("var(--run-3)");
});
