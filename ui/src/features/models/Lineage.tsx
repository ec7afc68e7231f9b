/** dataset → run → logged model → version → alias and stage, each a link where there is a page for it. */

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { VersionDetail } from "../../api/schema.gen";
import { Icon, type IconName } from "../../ui/Icon";
import { Status } from "../../ui/Status";
import { AliasChip, Stage } from "./Chips";
import s from "./Models.module.css";

/** `models:/iris/3`, when a version was copied from another. */
const COPY = /^models:\/([^/:@]+)\/(\d+)$/;

export function Lineage({ found }: { found: VersionDetail }) {
  const { row, name, version } = found;
  const copied = COPY.exec(row.source);
  return (
    <ol className={s.lineage} data-testid="lineage">
      {found.datasets.map(({ dataset, tags }) => (
        <Step key={dataset.digest + dataset.name} icon="table" word={tags?.find((tag) => tag.key === "mlflow.data.context")?.value || "dataset"}>
          <bdi>{dataset.name}</bdi> <span className={`${s.faint} mono`}>{dataset.digest}</span>
        </Step>
      ))}
      {row.run_id && (
        <Step icon="run" word="run">
          {row.run ? (
            <>
              <Link to="/runs/$runId" params={{ runId: row.run.run_id }} dir="auto">
                {row.run.name || row.run.run_id.slice(0, 8)}
              </Link>{" "}
              <Status status={row.run.status} /> <span className={s.faint}>in</span>{" "}
              <Link to="/experiments/$experimentId/runs" params={{ experimentId: row.run.experiment_id }} dir="auto">
                {row.run.experiment_name}
              </Link>
              {row.run.deleted && <span className={s.chip}>in the trash</span>}
              {found.commit && (
                <span className={`${s.faint} mono`} title={found.commit}>
                  {" "}
                  commit {found.commit.slice(0, 8)}
                </span>
              )}
            </>
          ) : (
            <span className={s.faint}>{row.run_id.slice(0, 8)}, which is gone or not yours to see</span>
          )}
        </Step>
      )}
      {row.model_id && (
        <Step icon="file" word="logged model">
          <span className="mono">{row.model_id}</span>
        </Step>
      )}
      {copied && (
        <Step icon="copy" word="copied from">
          <Link to="/models/$name/versions/$version" params={{ name: copied[1] ?? "", version: copied[2] ?? "" }} dir="auto">
            {copied[1]} version {copied[2]}
          </Link>
        </Step>
      )}
      <Step icon="model" word="version">
        <b>
          <bdi>{name}</bdi> {version}
        </b>
      </Step>
      {(row.aliases.length > 0 || row.stage !== "None") && (
        <Step icon="link" word="loaded as">
          <span className={s.chips}>
            {row.aliases.map((alias) => (
              <AliasChip key={alias} alias={alias} />
            ))}
            <Stage stage={row.stage} />
          </span>
        </Step>
      )}
    </ol>
  );
}

function Step({ icon, word, children }: { icon: IconName; word: string; children: ReactNode }) {
  return (
    <li>
      <span className={s.step}>
        <Icon name={icon} />
      </span>
      <div>
        <small>{word}</small>
        <div>{children}</div>
      </div>
    </li>
  );
}
