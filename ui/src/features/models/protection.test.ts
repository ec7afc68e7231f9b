import { expect, it } from "vitest";
import { isAliasProtected, isStageProtected, PROTECTED } from "./protection";

const model = (words: string) => ({ tags: { [PROTECTED]: words } });

it("reads the tag as the store does", () => {
  expect(isStageProtected(model("production, @champion"), "Staging", "Production")).toBe(true);
  expect(isStageProtected(model("Production"), "Staging", "Archived")).toBe(false);
  expect(isStageProtected(model("*"), "None", "Staging")).toBe(true);
  expect(isStageProtected(model("@*"), "Staging")).toBe(false);
  expect(isAliasProtected(model("Production @champion"), "champion")).toBe(true);
  expect(isAliasProtected(model("@Champion"), "champion")).toBe(false);
  expect(isAliasProtected(model("@*"), "anything")).toBe(true);
  expect(isAliasProtected(model("*"), "champion")).toBe(false);
  expect(isAliasProtected({ tags: {} }, "champion")).toBe(false);
  expect(isStageProtected(undefined, "Production")).toBe(false);
});
