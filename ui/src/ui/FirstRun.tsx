import { Empty } from "./Empty";
import { Snippet } from "./Snippet";

/** The first screen: three lines that make the first run. It listens; the run comes by itself. */
export function FirstRun({ experiment }: { experiment?: string }) {
  const code = [
    "import runstone",
    "",
    ...(experiment ? [`runstone.set_experiment(${JSON.stringify(experiment)})`] : []),
    "with runstone.start_run():",
    '    runstone.log_param("learning_rate", 0.1)',
    "    for step in range(100):",
    '        runstone.log_metric("loss", 1 / (step + 1), step=step)',
  ].join("\n");
  return (
    <Empty icon="run" title="Waiting for the first run…">
      <p>Run this where the server was started, or with the same tracking URI. The run appears here by itself.</p>
      <Snippet code={code} what="the Python code" />
      <p>
        A script that says <code>import mlflow</code> works as it is: <code>runstone drop-in python train.py</code>
      </p>
    </Empty>
  );
}
