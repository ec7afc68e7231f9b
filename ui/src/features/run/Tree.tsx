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
