import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { artifactsQuery } from "../../api/artifacts";
import { foldersOf } from "../../lib/files";
import { Empty, Trouble, Waiting } from "../../ui/Empty";
import s from "./Artifacts.module.css";
import { Tree, treeKeys } from "./Tree";
import { Viewer } from "./Viewer";

/** Files of a run; `path` is the open one, as the address says. */
export function Artifacts({ runId, path }: { runId: string; path: string }) {
  const { data: files, error, refetch } = useQuery(artifactsQuery(runId));
  const first = path || files?.find((file) => !file.is_dir)?.path || "";
  const tree = useRef<HTMLElement>(null);
  // Beside a list that scrolls by itself, as on a phone, one would not see which file is open.
  useEffect(() => {
    const [box, item] = [tree.current, tree.current?.querySelector<HTMLElement>("[aria-current]")];
    if (!box || !item) return;
    const [room, at] = [box.getBoundingClientRect(), item.getBoundingClientRect()];
    if (at.top < room.top || at.bottom > room.bottom) box.scrollTop += at.top - room.top - (room.height - at.height) / 2;
  }, [first, files]);
  if (error && !files) return <Trouble error={error} onRetry={() => void refetch()} />;
  if (!files) return <Waiting what="the list of files" />;
  if (files.length === 0 && !path) {
    return (
      <Empty icon="folder" title="No artifacts">
        <p>
          <code>runstone.log_artifact("plot.png")</code> keeps a file with the run.
        </p>
      </Empty>
    );
  }
  return (
    <div className={s.split}>
      <nav ref={tree} className={s.tree} aria-label="Files" onKeyDown={treeKeys}>
        <Tree runId={runId} files={files} open={first} folders={foldersOf(first)} />
      </nav>
      {first ? (
        <Viewer key={first} runId={runId} path={first} />
      ) : (
        <Empty icon="file" title="Choose a file">
          <p>Folders open with a click.</p>
        </Empty>
      )}
    </div>
  );
}
