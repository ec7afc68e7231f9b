/** Markdown as elements made here: nothing in it becomes markup, no picture is fetched from outside. */

import { Fragment, type ReactNode, useMemo } from "react";
import { type Block, type Inline, parseMarkdown, targetOf } from "../../lib/content/markdown";
import s from "./Content.module.css";

interface Props {
  text: string;
  /** Folder of the document, for links beside it. */
  folder?: string;
  /** Where a path beside the document leads; without it such links are text. */
  link?: (path: string) => string;
  picture?: (path: string) => string;
}

/** Longer documents are cut: the rest is in the file. */
const MOST = 200_000;

export function Markdown({ text, ...rest }: Props) {
  const blocks = useMemo(() => parseMarkdown(text.slice(0, MOST)), [text]);
  // Headings continue those of the page, one level at a time, whatever the document skips.
  const levels = { before: 2 };
  return (
    <div className={s.markdown} dir="auto">
      <Blocks blocks={blocks} look={{ ...rest, levels }} />
    </div>
  );
}

type Look = Omit<Props, "text"> & { levels: { before: number } };

function Blocks({ blocks, look }: { blocks: readonly Block[]; look: Look }): ReactNode {
  return blocks.map((one, i) => <Fragment key={i}>{drawn(one, look)}</Fragment>);
}

function drawn(block: Block, look: Look): ReactNode {
  switch (block.kind) {
    case "heading": {
      const level = Math.min(6, block.level + 2, look.levels.before + 1);
      look.levels.before = level;
      return (
        <p role="heading" aria-level={level} data-level={block.level}>
          {inline(block.children, look)}
        </p>
      );
    }
    case "paragraph":
      return <p>{inline(block.children, look)}</p>;
    case "code":
      return (
        <pre tabIndex={0} aria-label={block.language || "code"}>
          <code>{block.text}</code>
        </pre>
      );
    case "quote":
      return <blockquote>{<Blocks blocks={block.blocks} look={look} />}</blockquote>;
    case "rule":
      return <hr />;
    case "list": {
      const items = block.items.map((item, i) => (
        <li key={i}>
          {item.done !== null && (item.done ? "☑ " : "☐ ")}
          {item.blocks.length === 1 && item.blocks[0]?.kind === "paragraph" ? (
            inline(item.blocks[0].children, look)
          ) : (
            <Blocks blocks={item.blocks} look={look} />
          )}
        </li>
      ));
      return block.ordered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>;
    }
    case "table":
      return (
        <div className={s.scroll} tabIndex={0} role="region" aria-label="Table">
          <table>
            <thead>
              <tr>
                {block.head.map((cell, i) => (
                  <th key={i} scope="col" style={{ textAlign: block.align[i] }}>
                    {inline(cell, look)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {block.rows.map((row, i) => (
                <tr key={i}>
                  {row.map((cell, j) => (
                    <td key={j} style={{ textAlign: block.align[j] }}>
                      {inline(cell, look)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
  }
}

function inline(parts: readonly Inline[], look: Look): ReactNode {
  return parts.map((one, i) => <Fragment key={i}>{piece(one, look)}</Fragment>);
}

function piece(one: Inline, look: Look): ReactNode {
  switch (one.kind) {
    case "text":
      return one.text;
    case "code":
      return <code>{one.text}</code>;
    case "break":
      return <br />;
    case "strong":
      return <strong>{inline(one.children, look)}</strong>;
    case "em":
      return <em>{inline(one.children, look)}</em>;
    case "del":
      return <del>{inline(one.children, look)}</del>;
    case "image": {
      const to = targetOf(one.to, look.folder);
      if (to && "path" in to && look.picture) return <img src={look.picture(to.path)} alt={one.alt} loading="lazy" />;
      return <Outward to={to} look={look}>{`[picture: ${one.alt || one.to}]`}</Outward>;
    }
    case "link":
      return (
        <Outward to={targetOf(one.to, look.folder)} look={look}>
          {inline(one.children, look)}
        </Outward>
      );
  }
}

function Outward({ to, look, children }: { to: ReturnType<typeof targetOf>; look: Look; children: ReactNode }) {
  if (to && "web" in to) {
    return (
      <a href={to.web} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    );
  }
  return to && look.link ? <a href={look.link(to.path)}>{children}</a> : <span>{children}</span>;
}
