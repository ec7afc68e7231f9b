/** One file, shown as what it is. Nothing in it runs unasked: pictures are pictures, pages have no scripts, all else is text. */

import { useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { artifactAddress, artifactsQuery, artifactTextQuery } from "../../api/artifacts";
import { ApiError } from "../../api/http";
import { runModelsQuery } from "../../api/models";
import type { FileInfo } from "../../api/schema.gen";
import { artifactUri } from "../../lib/content/modelUri";
import { fileName, viewerOf } from "../../lib/files";
import { formatBytes } from "../../lib/format";
import { Button, buttonClass } from "../../ui/Button";
import { CopyButton } from "../../ui/Copy";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/Icon";
import s from "./Artifacts.module.css";

const Json = lazy(() => import("../../ui/content/Json").then((module) => ({ default: module.Json })));
const Sheet = lazy(() => import("./Sheet").then((module) => ({ default: module.Sheet })));
const ModelFile = lazy(() => import("./viewers/ModelFile").then((module) => ({ default: module.ModelFile })));
const MarkdownFile = lazy(() => import("./viewers/MarkdownFile").then((module) => ({ default: module.MarkdownFile })));
const GeoMap = lazy(() => import("./viewers/GeoMap").then((module) => ({ default: module.GeoMap })));
const Preview = lazy(() => import("./viewers/Preview").then((module) => ({ default: module.Preview })));
const Picture = lazy(() => import("./viewers/Picture").then((module) => ({ default: module.Picture })));
const Recording = lazy(() => import("./viewers/Recording").then((module) => ({ default: module.Recording })));
const Page = lazy(() => import("./viewers/Page").then((module) => ({ default: module.Page })));
const Pdf = lazy(() => import("./viewers/Pdf").then((module) => ({ default: module.Pdf })));
const PlainText = lazy(() => import("./viewers/PlainText").then((module) => ({ default: module.PlainText })));

/** Bytes of text that are read of a file too large to be read whole, and what is too large. */
const PREVIEW = 256 * 1024;
const WHOLE = 2 * 1024 * 1024;
const LARGE: Readonly<Record<string, number>> = { image: 32e6, page: 16e6, pdf: 64e6 };
/** Nothing that has to be read whole is shown from here on: the browser would run out of memory. */
const TOO_LARGE = 512e6;

interface Props {
  runId: string;
  path: string;
}

const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));

export function Viewer({ runId, path }: Props) {
  const { data: files, error } = useQuery(artifactsQuery(runId, folderOf(path)));
  const file = files?.find((one) => one.path === path);
  const uri = useUri(runId, path);
  return (
    <section className={s.viewer} aria-label={path}>
      <div className={s.bar}>
        <h2 dir="auto">{path}</h2>
        {file && !file.is_dir && <small>{formatBytes(file.file_size ?? 0)}</small>}
        <div className={s.push}>
          <CopyButton text={uri} what="the path" />
          {!file?.is_dir && (
            <a className={buttonClass("plain")} href={artifactAddress(runId, path, true)} download={fileName(path)}>
              <Icon name="download" /> Download
            </a>
          )}
        </div>
      </div>
      <div className={s.content} tabIndex={0} role="region" aria-label="Content">
        <Suspense fallback={null}>
          {error && <Empty icon="crash" title="The file could not be read">{error.message}</Empty>}
          {files && !file && <Gone path={path} />}
          {file?.is_dir && (
            <Empty icon="folder" title="A folder">
              <p>Its files are in the tree.</p>
            </Empty>
          )}
          {file && !file.is_dir && <Content runId={runId} file={file} />}
        </Suspense>
      </div>
    </section>
  );
}

function Content({ runId, file }: { runId: string; file: FileInfo }) {
  const { path } = file;
  const size = file.file_size ?? 0;
  const kind = viewerOf(path);
  const source = artifactAddress(runId, path);
  switch (kind) {
    case "image":
    case "pdf":
    case "page":
      return (
        <Gate size={size} most={LARGE[kind] ?? WHOLE} words={size > TOO_LARGE ? "" : `Show all ${formatBytes(size)}`}>
          {kind === "image" ? <Picture source={source} path={path} /> : kind === "pdf" ? <Pdf runId={runId} path={path} /> : <Page source={source} path={path} />}
        </Gate>
      );
    case "media":
      return <Recording source={source} path={path} />;
    case "preview":
      return <Preview runId={runId} path={path} />;
    case "none":
      return (
        <Gate size={Number.POSITIVE_INFINITY} most={0} words="Show its beginning as text" title="No preview for this kind of file">
          <Text runId={runId} path={path} limit={PREVIEW} />
        </Gate>
      );
    default:
      return (
        <Gate size={size} most={WHOLE} words={`Show the first ${formatBytes(PREVIEW)}`}>
          <Text runId={runId} path={path} limit={size > WHOLE ? PREVIEW : WHOLE} />
        </Gate>
      );
  }
}

/** What is large is shown by choice. */
function Gate({ size, most, words, title, children }: { size: number; most: number; words: string; title?: string; children: ReactNode }) {
  const [chosen, setChosen] = useState(false);
  if (size <= most || chosen) return children;
  return (
    <Empty icon="file" title={title ?? `A large file: ${formatBytes(size)}`}>
      <p>Download it to open it elsewhere{words && ", or look at it here"}.</p>
      {words && <Button onClick={() => setChosen(true)}>{words}</Button>}
    </Empty>
  );
}

function Text({ runId, path, limit }: Props & { limit: number }) {
  const { data, error } = useQuery(artifactTextQuery(runId, path, limit));
  if (error instanceof ApiError && error.status === 404) return <Gone path={path} />;
  if (error) return <Empty icon="crash" title="The file could not be read">{error.message}</Empty>;
  if (!data) return null;
  return (
    <>
      {data.cut && <p className={s.cut}>The first {formatBytes(limit)}. Download the file for the rest.</p>}
      <Reading runId={runId} path={path} text={data.text} cut={data.cut} />
    </>
  );
}

function Reading({ runId, path, text, cut }: Props & { text: string; cut: boolean }) {
  const kind = viewerOf(path);
  if (kind === "sheet") return <Sheet path={path} text={text} />;
  if (kind === "geo" && !cut) return <GeoMap text={text} />;
  if (kind === "json" && !cut) return <Json text={text} />;
  if (kind === "markdown") return <MarkdownFile runId={runId} path={path} text={text} />;
  if (kind === "model") return <Model runId={runId} path={path} text={text} />;
  return <PlainText text={text} />;
}

function Model({ runId, path, text }: Props & { text: string }) {
  return <ModelFile uri={useUri(runId, folderOf(path))} text={text} />;
}

/** Always that of what is shown, whatever the run logs later. */
function useUri(runId: string, path: string): string {
  const { data } = useQuery(runModelsQuery(runId));
  return artifactUri(runId, path, data?.models);
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
