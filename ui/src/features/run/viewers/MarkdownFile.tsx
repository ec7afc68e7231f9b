import { useState } from "react";
import { artifactAddress } from "../../../api/artifacts";
import { Markdown } from "../../../ui/content/Markdown";
import s from "../Artifacts.module.css";
import { PlainText } from "./PlainText";

/** A document; links and pictures beside it are files of the same run. */
export function MarkdownFile({ runId, path, text }: { runId: string; path: string; text: string }) {
  const [source, setSource] = useState(false);
  return (
    <>
      <label className={s.find} data-screen-only>
        <input type="checkbox" checked={source} onChange={(event) => setSource(event.target.checked)} /> as it was written
      </label>
      {source ? (
        <PlainText text={text} />
      ) : (
        <Markdown
          text={text}
          folder={path.slice(0, Math.max(0, path.lastIndexOf("/")))}
          link={(to) => `runs/${runId}/artifacts/${to.split("/").map(encodeURIComponent).join("/")}`}
          picture={(to) => artifactAddress(runId, to)}
        />
      )}
    </>
  );
}
