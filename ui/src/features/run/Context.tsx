/** Where the run came from: code, command, machine, packages. */

import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { documentQuery } from "../../api/runs";
import type { DocumentInfo, RunDetail } from "../../api/schema.gen";
import { formatBytes } from "../../lib/format";
import { DiffText } from "../../ui/content/Diff";
import { Block, Facts } from "./Block";
import s from "./Run.module.css";

export function Context({ run }: { run: RunDetail }) {
  const has = (name: string) => run.documents.some((one) => one.name === name);
  const host = useQuery({ ...documentQuery(run.info.run_id, "host"), enabled: has("host") });
  const facts = [...codeFacts(run), ...hostFacts(host.data?.text)];
  const order = (one: DocumentInfo) => (one.name === "traceback" ? 0 : 1);
  const others = run.documents.filter((one) => one.name !== "host").sort((a, b) => order(a) - order(b));
  if (!facts.length && !others.length) return null;
  return (
    <Block title="Code and machine" late>
      <Facts facts={facts} mono />
      {others.map((one) => (
        <DocumentBox key={one.name} runId={run.info.run_id} document={one} />
      ))}
    </Block>
  );
}

type Fact = readonly [string, ReactNode];

function codeFacts({ tags, info }: RunDetail): Fact[] {
  const commit = tags["mlflow.source.git.commit"];
  const dirty = tags["mlflow.source.git.dirty"] === "true";
  const branch = tags["mlflow.source.git.branch"];
  const facts: Fact[] = [];
  if (commit) facts.push(["commit", `${commit.slice(0, 12)}${branch ? ` on ${branch}` : ""}${dirty ? ", with changes not committed" : ""}`]);
  const repository = tags["mlflow.source.git.repoURL"];
  if (repository) facts.push(["repository", repositoryLink(repository, commit)]);
  facts.push(["run id", info.run_id]);
  if (info.artifact_uri) facts.push(["artifacts", info.artifact_uri]);
  return facts;
}

/** A link to the commit where the repository is one that a browser can open, the text where it is not. */
function repositoryLink(repository: string, commit: string | undefined): ReactNode {
  const web = repository.replace(/^git@([^:/]+):/, "https://$1/").replace(/\.git$/, "");
  if (!/^https:\/\/[^@\s]+$/.test(web)) return repository;
  const part = /^https:\/\/[^/]*gitlab/.test(web) ? "/-/commit/" : /^https:\/\/[^/]*bitbucket/.test(web) ? "/commits/" : "/commit/";
  return (
    <a href={commit ? `${web}${part}${encodeURIComponent(commit)}` : web} target="_blank" rel="noopener noreferrer">
      {repository}
    </a>
  );
}

function hostFacts(text: string | undefined): Fact[] {
  let host: Record<string, unknown>;
  try {
    host = JSON.parse(text ?? "{}") as Record<string, unknown>;
  } catch {
    return [];
  }
  const facts: Fact[] = [];
  const add = (name: string, value: unknown) => {
    if (typeof value === "string" && value) facts.push([name, value]);
  };
  const { command, cpu, cpu_count: cores, memory, gpus } = host;
  add("command", Array.isArray(command) ? command.join(" ") : command);
  add("folder", host["working_dir"]);
  add("host", host["hostname"]);
  add("python", host["python"]);
  add("system", host["os"]);
  add("cpu", typeof cpu === "string" && typeof cores === "number" ? `${cpu}, ${cores} cores` : cpu);
  add("memory", typeof memory === "number" ? formatBytes(memory) : memory);
  add("gpu", Array.isArray(gpus) ? gpus.map(String).join(", ") : "");
  return facts;
}

const NAMES: Readonly<Record<string, string>> = {
  "git.diff": "Changes not committed",
  packages: "Packages",
  traceback: "Traceback",
};

function DocumentBox({ runId, document }: { runId: string; document: DocumentInfo }) {
  const [open, setOpen] = useState(document.name === "traceback");
  const { data, error } = useQuery({ ...documentQuery(runId, document.name), enabled: open });
  const name = NAMES[document.name] ?? document.name;
  return (
    <details className={s.document} open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {name} <small>{formatBytes(document.size)}</small>
      </summary>
      {open && document.name === "git.diff" && data && <DiffText text={data.text} />}
      {open && (document.name !== "git.diff" || error) && (
        <pre tabIndex={0} aria-label={name}>
          {error ? error.message : data?.text}
        </pre>
      )}
    </details>
  );
}
