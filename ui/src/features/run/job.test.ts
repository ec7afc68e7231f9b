import { expect, test } from "vitest";
import { jobWords } from "./job";

const job = { "runstone.job.id": "17", "mlflow.project.backend": "slurm" };

test("a job is told with its state and node", () => {
  expect(jobWords({})).toBeUndefined();
  expect(jobWords(job)).toBe("slurm job 17");
  expect(jobWords({ ...job, "runstone.job.state": "running", "runstone.job.node": "n3" })).toBe("slurm job 17 running on n3");
});

test("one that is queued again is on no node", () => {
  expect(jobWords({ ...job, "runstone.job.state": "queued", "runstone.job.node": "n3" })).toBe("slurm job 17 queued");
});
