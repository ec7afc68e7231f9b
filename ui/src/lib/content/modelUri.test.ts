import { expect, test } from "vitest";
import { artifactUri } from "./modelUri";

const models = [
  { model_id: "m-2", folder: "model.52b1931e" },
  { model_id: "m-1", folder: "model" },
  { model_id: "m-3", folder: "model/inner" },
  { model_id: "m-4", folder: "" },
  { model_id: "", folder: "plain" },
];

test("a model among a run's files goes by its id", () => {
  expect(artifactUri("r", "model", models)).toBe("models:/m-1");
  expect(artifactUri("r", "model/MLmodel", models)).toBe("models:/m-1/MLmodel");
  expect(artifactUri("r", "model.52b1931e/a/b.txt", models)).toBe("models:/m-2/a/b.txt");
  expect(artifactUri("r", "model/inner/MLmodel", models)).toBe("models:/m-3/MLmodel");
});

test("all else goes by the run", () => {
  expect(artifactUri("r", "models.txt", models)).toBe("runs:/r/models.txt");
  expect(artifactUri("r", "plain/MLmodel", models)).toBe("runs:/r/plain/MLmodel");
  expect(artifactUri("r", "model/MLmodel")).toBe("runs:/r/model/MLmodel");
  expect(artifactUri("r", "", models)).toBe("runs:/r");
});
