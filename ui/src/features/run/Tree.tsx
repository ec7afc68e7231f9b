import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { artifactsQuery } from "../../api/artifacts";
import type { FileInfo } from "../../api/schema.gen";
import { fileName } from "../../lib/files";
import { formatBytes, formatCount } from "../../lib/format";
import { Icon } from "../../ui/Icon";
import s from "./Artifacts.module.css";

interface Props {
  runId: string;
  files: readonly FileInfo[];
  open: string;
  /** Folders that must be open for the open file to be seen. */
  folders: readonly string[];
  depth?: number;
}

const MOST = 500;

/** Arrows go up and down what is seen; right opens a folder or goes into it, left closes it or goes out. */
export function treeKeys(event: React.KeyboardEvent<HTMLElement>): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>("a, button")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const here = items[at];
  if (!here) return;
  const folded = here.getAttribute("aria-expanded");
  const outer = () => here.closest("ul")?.parentElement?.querySelector<HTMLElement>(":scope > button");
  const go: Record<string, () => HTMLElement | null | undefined | void> = {
    ArrowDown: () => items[at + 1],
    ArrowUp: () => items[at - 1],
    Home: () => items[0],
    End: () => items.at(-1),
    ArrowRight: () => (folded === "false" ? here.click() : folded === "true" ? items[at + 1] : null),
    ArrowLeft: () => (folded === "true" ? here.click() : outer()),
  };
  const move = go[event.key];
  if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const next = move();
  if (next) next.focus();
}

export function Tree({ runId, files, open, folders, depth = 0 }: Props) {
  const sorted = [...files].sort((a, b) => Number(b.is_dir) - Number(a.is_dir));
  return (
    <ul>
      {sorted.slice(0, MOST).map((file) => (
        <li key={file.path}>
          {file.is_dir ? (
            <Folder {...{ runId, file, open, folders, depth }} />
          ) : (
            <Link
              to="/runs/$runId/artifacts/$"
              params={{ runId, _splat: file.path }}
              className={s.item}
              style={{ ["--indent" as string]: `${8 + depth * 16}px` }}
              aria-current={file.path === open ? "true" : undefined}
              title={file.path}
            >
              <Icon name="file" size={14} />
              <span dir="auto">{fileName(file.path)}</span>
              <small>{formatBytes(file.file_size ?? 0)}</small>
            </Link>
          )}
        </li>
      ))}
      {sorted.length > MOST && <li className={s.item}>{formatCount(sorted.length - MOST)} more files</li>}
    </ul>
  );
}

function Folder({ runId, file, open, folders, depth }: Omit<Props, "files"> & { file: FileInfo; depth: number }) {
  const [shown, setShown] = useState(folders.includes(file.path));
  const { data } = useQuery({ ...artifactsQuery(runId, file.path), enabled: shown });
  return (
    <>
      <button
        type="button"
        className={s.item}
        style={{ ["--indent" as string]: `${8 + depth * 16}px` }}
        aria-expanded={shown}
        onClick={() => setShown(!shown)}
      >
        <Icon name={shown ? "down" : "right"} size={12} />
        <Icon name="folder" size={14} />
        <span dir="auto">{fileName(file.path)}</span>
      </button>
      {shown && data && <Tree {...{ runId, open, folders }} files={data} depth={depth + 1} />}
    </>
  );
}
