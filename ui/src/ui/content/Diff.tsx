/** A unified diff, file by file, with line numbers of both sides. */

import { useMemo } from "react";
import { type FileDiff, parseDiff } from "../../lib/content/diff";
import { formatCount } from "../../lib/format";
import s from "./Content.module.css";

/** Lines drawn in all. */
const MOST = 1_500;
const MARKS = { added: "+", removed: "−", same: " " } as const;

export function DiffText({ text }: { text: string }) {
  const files = useMemo(() => parseDiff(text), [text]);
  if (files.length === 0) {
    return (
      <pre className={s.plain} tabIndex={0} aria-label="Diff">
        {text.slice(0, MOST * 100)}
      </pre>
    );
  }
  return <DiffFiles files={files} />;
}

export function DiffFiles({ files }: { files: readonly FileDiff[] }) {
  let left = MOST;
  const shown = files.map((file) => {
    const hunks = file.hunks.map((hunk) => {
      const lines = hunk.lines.slice(0, Math.max(0, left));
      left -= lines.length;
      return { head: hunk.head, lines };
    });
    return { ...file, hunks: hunks.filter((hunk) => hunk.lines.length > 0) };
  });
  const all = files.reduce((sum, file) => sum + file.hunks.reduce((lines, hunk) => lines + hunk.lines.length, 0), 0);
  return (
    <div className={s.diff} data-testid="diff">
      {shown.map((file, i) => (
        <details key={i} open>
          <summary>
            <span dir="auto">{file.name || "text"}</span> <ins>+{formatCount(file.added)}</ins> <del>−{formatCount(file.removed)}</del>
          </summary>
          <div className={s.scroll} tabIndex={0} role="region" aria-label={`Changes of ${file.name || "the text"}`}>
            <table>
              <tbody>
                {file.hunks.map((hunk, j) => [
                  <tr key={`${j}`} data-kind="head">
                    <td colSpan={4}>{hunk.head}</td>
                  </tr>,
                  ...hunk.lines.map((line, k) => (
                    <tr key={`${j}-${k}`} data-kind={line.kind}>
                      <td>{line.before}</td>
                      <td>{line.after}</td>
                      <td>{MARKS[line.kind]}</td>
                      <td>{line.text.slice(0, 2000)}</td>
                    </tr>
                  )),
                ])}
              </tbody>
            </table>
          </div>
        </details>
      ))}
      {all > MOST && <p>{formatCount(all - MOST)} more lines are not drawn.</p>}
    </div>
  );
}
