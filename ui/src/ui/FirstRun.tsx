import { Empty } from "./Empty";
import { Snippet } from "./Snippet";

/** The first screen: three lines that make the first run. It listens; the run comes by itself. */
export function FirstRun({ experiment }: { experiment?: string }) {
  const server = document.baseURI.replace(/\/$/, "");
  const code = [
    "import runstone",
    "",
    `runstone.set_tracking_uri(${JSON.stringify(server)})`,
    ...(experiment ? [`runstone.set_experiment(${JSON.stringify(experiment)})`] : []),
    "with runstone.start_run():",
    '    runstone.log_param("learning_rate", 0.1)',
    "    for step in range(100):",
    '        runstone.log_metric("loss", 1 / (step + 1), step=step)',
  ].join("\n");
  return (
    <Empty icon="run" title="Waiting for the first run…">
      <p>Run this wherever this server can be reached. The run appears here by itself.</p>
      <Snippet code={code} what="the Python code" />
      <p>
        A script that says <code>import mlflow</code> works as it is:
      </p>
      <Snippet code={`export MLFLOW_TRACKING_URI=${server}\nrunstone drop-in python train.py\n# where mlflow is installed: python train.py`} what="the commands" />
    </Empty>
  );
}
