/** One file, shown as what it is. Nothing in it ever runs: images are images, all else is text. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { artifactAddress, artifactTextQuery } from "../../api/artifacts";
import { ApiError } from "../../api/http";
import { fileName, viewerOf } from "../../lib/files";
import { formatBytes } from "../../lib/format";
import { buttonClass } from "../../ui/Button";
import { CopyButton } from "../../ui/Copy";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/Icon";
import { Snippet } from "../../ui/Snippet";
import s from "./Artifacts.module.css";
import { Json } from "./Json";
import { Sheet } from "./Sheet";

/** Bytes of text that are read to be shown. */
const PREVIEW = 256 * 1024;

export function Viewer({ runId, path }: { runId: string; path: string }) {
  return (
    <section className={s.viewer} aria-label={path}>
      <div className={s.bar}>
        <h2 dir="auto">{path}</h2>
        <div className={s.push}>
          <CopyButton text={`runs:/${runId}/${path}`} what="the path" />
          <a className={buttonClass("plain")} href={artifactAddress(runId, path, true)} download={fileName(path)}>
            <Icon name="download" /> Download
          </a>
        </div>
      </div>
      <div className={s.content} tabIndex={0} role="region" aria-label="Content">
        <Content runId={runId} path={path} />
      </div>
    </section>
  );
}

function Content({ runId, path }: { runId: string; path: string }) {
  switch (viewerOf(path)) {
    case "image":
      return <Picture runId={runId} path={path} />;
    case "media":
      return <Media runId={runId} path={path} />;
    case "none":
      return (
        <Empty icon="file" title="No preview for this kind of file">
          <p>Download it to open it elsewhere.</p>
        </Empty>
      );
    default:
      return <Text runId={runId} path={path} />;
  }
}

function Picture({ runId, path }: { runId: string; path: string }) {
  const [broken, setBroken] = useState(false);
  if (broken) return <Gone path={path} />;
  return (
    <div className={s.image}>
      <img src={artifactAddress(runId, path)} alt={path} onError={() => setBroken(true)} />
    </div>
  );
}

function Media({ runId, path }: { runId: string; path: string }) {
  const source = artifactAddress(runId, path);
  return (
    <div className={s.image}>
      {/\.(mp4|webm|mov)$/i.test(path) ? <video src={source} controls style={{ maxWidth: "100%" }} /> : <audio src={source} controls />}
    </div>
  );
}

function Text({ runId, path }: { runId: string; path: string }) {
  const { data, error } = useQuery(artifactTextQuery(runId, path, PREVIEW));
  if (error instanceof ApiError && error.status === 404) return <Gone path={path} />;
  if (error) return <Empty icon="crash" title="The file could not be read">{error.message}</Empty>;
  if (!data) return null;
  return (
    <>
      {data.cut && <p className={s.cut}>The first {formatBytes(PREVIEW)}. Download the file for the rest.</p>}
      <Reading runId={runId} path={path} text={data.text} cut={data.cut} />
    </>
  );
}

function Reading({ runId, path, text, cut }: { runId: string; path: string; text: string; cut: boolean }) {
  const kind = viewerOf(path);
  if (kind === "sheet") return <Sheet path={path} text={text} />;
  if (kind === "json" && !cut) return <Json text={text} />;
  const plain = (
    <pre className={s.text} dir="auto">
      {text}
    </pre>
  );
  if (kind !== "model") return plain;
  const folder = path.includes("/") ? `/${path.slice(0, path.lastIndexOf("/"))}` : "";
  const code = `import runstone.pyfunc\n\nmodel = runstone.pyfunc.load_model("runs:/${runId}${folder}")\nmodel.predict(data)`;
  return (
    <>
      <div className={s.load}>
        <Snippet code={code} what="the code that loads the model" />
      </div>
      {plain}
    </>
  );
}

function Gone({ path }: { path: string }) {
  return (
    <Empty icon="file" title="This file is not there">
      <p>
        <code>{path}</code> was removed, or never logged.
      </p>
    </Empty>
  );
}
