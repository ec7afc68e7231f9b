/** Files of the baseline and of another run, side by side. What is in them is asked for when somebody looks. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { artifactsQuery } from "../../api/artifacts";
import type { ComparedRun, FileInfo } from "../../api/schema.gen";
import { fileName } from "../../lib/files";
import { formatBytes, formatCount } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import s from "./Compare.module.css";
import { FilePair } from "./FilePair";
import f from "./Files.module.css";
import { nameOf } from "./Matrix";
import { mergedFiles } from "./merged";

/** What the address says of this section. */
export interface FilesView {
  /** The open file; empty: none. */
  file: string;
  /** The run beside the baseline; empty: the first other one. */
  against: string;
  /** How pictures are compared. */
  look: string;
}

/** What is given changes. */
export type OnFiles = (change: Partial<FilesView>) => void;

interface Props {
  runs: readonly ComparedRun[];
  baseIndex: number;
  view: FilesView;
  onView: OnFiles;
}

const MOST = 300;

export function Files({ runs, baseIndex, view, onView }: Props) {
  const [open, setOpen] = useState(view.file !== "");
  const base = runs[baseIndex];
  const others = runs.filter((_, i) => i !== baseIndex);
  const other = others.find((run) => view.against && run.info.run_id.startsWith(view.against)) ?? others[0];
  if (!base || !other) return null;
  return (
    <section className={s.section} aria-label="Artifacts">
      <header>
        <h2>Artifacts</h2>
        {open ? (
          <label>
            <span>{nameOf(base)} beside</span>
            <select className={s.select} value={other.info.run_id} onChange={(event) => onView({ against: event.target.value })}>
              {others.map((run) => (
                <option key={run.info.run_id} value={run.info.run_id}>
                  {nameOf(run)}
                </option>
              ))}
            </select>
          </label>
        ) : (
          <Button icon="folder" onClick={() => setOpen(true)}>
            Compare files
          </Button>
        )}
      </header>
      {open && (
        <div className={f.split}>
          <Listing base={base.info.run_id} other={other.info.run_id} names={[nameOf(base), nameOf(other)]} open={view.file} onOpen={(file) => onView({ file })} />
          {view.file ? (
            <FilePair key={view.file} {...{ runs, base, other, view, onView }} />
          ) : (
            <p className={s.faint}>Choose a file.</p>
          )}
        </div>
      )}
    </section>
  );
}

interface ListingProps {
  base: string;
  other: string;
  names: readonly [string, string];
  open: string;
  onOpen: (path: string) => void;
}

/** One folder of both runs at a time. */
function Listing({ base, other, names, open, onOpen }: ListingProps) {
  const [folder, setFolder] = useState(open.slice(0, Math.max(0, open.lastIndexOf("/"))));
  const left = useQuery({ ...artifactsQuery(base, folder), retry: false });
  const right = useQuery({ ...artifactsQuery(other, folder), retry: false });
  const waits = left.isPending || right.isPending;
  const files = mergedFiles<FileInfo>(left.data ?? [], right.data ?? []);
  return (
    <nav className={f.list} aria-label="Files of both runs">
      {folder && (
        <button type="button" className={f.item} onClick={() => setFolder(folder.slice(0, Math.max(0, folder.lastIndexOf("/"))))}>
          <Icon name="folder" size={14} /> <span>{folder} · up</span>
        </button>
      )}
      {!waits && files.length === 0 && <p className={s.faint}>No files.</p>}
      {files.slice(0, MOST).map(({ path, isFolder, before, after }) => (
        <button
          key={path}
          type="button"
          className={f.item}
          aria-current={path === open || undefined}
          title={path}
          onClick={() => (isFolder ? setFolder(path) : onOpen(path))}
        >
          <Icon name={isFolder ? "folder" : "file"} size={14} />
          <span dir="auto">{fileName(path)}</span>
          <small>{!before ? `only in ${names[1]}` : !after ? `only in ${names[0]}` : isFolder ? "" : formatBytes(after.file_size ?? 0)}</small>
        </button>
      ))}
      {files.length > MOST && <p className={s.faint}>{formatCount(files.length - MOST)} more files</p>}
    </nav>
  );
}
