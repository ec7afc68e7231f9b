/** Markdown to a tree of what it says. Pure. Markup of other languages in it (HTML) stays the text that it is. */

export type Inline =
  | { kind: "text" | "code"; text: string }
  | { kind: "strong" | "em" | "del"; children: Inline[] }
  | { kind: "link"; to: string; children: Inline[] }
  | { kind: "image"; to: string; alt: string }
  | { kind: "break" };

export type Block =
  | { kind: "heading"; level: number; children: Inline[] }
  | { kind: "paragraph"; children: Inline[] }
  | { kind: "code"; language: string; text: string }
  | { kind: "quote"; blocks: Block[] }
  | { kind: "list"; ordered: boolean; start: number; items: { done: boolean | null; blocks: Block[] }[] }
  | { kind: "table"; align: ("left" | "right" | "center")[]; head: Inline[][]; rows: Inline[][][] }
  | { kind: "rule" };

/** Deeper nesting is text: no document needs it, and no stack is overrun. */
const DEEPEST = 8;
const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^`\s]*)/;
const HEADING = /^ {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$/;
const RULE = /^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(\s+|$)/;
const QUOTE = /^ {0,3}> ?/;
const TABLE_LINE = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

export function parseMarkdown(text: string): Block[] {
  return blocksOf(text.replace(/\r\n?/g, "\n").replaceAll("\t", "    ").split("\n"), 0);
}

function blocksOf(lines: readonly string[], depth: number): Block[] {
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    if (line.trim() === "") at += 1;
    else at = block(lines, at, depth, blocks);
  }
  return blocks;
}

/** Reads the block that begins at a line; the line after it. */
function block(lines: readonly string[], at: number, depth: number, blocks: Block[]): number {
  const line = lines[at] ?? "";
  const fence = FENCE.exec(line);
  if (fence) return fenced(lines, at, fence[1] ?? "```", fence[2] ?? "", blocks);
  const heading = HEADING.exec(line);
  if (heading) {
    blocks.push({ kind: "heading", level: (heading[1] ?? "#").length, children: parseInline(heading[2] ?? "") });
    return at + 1;
  }
  if (RULE.test(line)) {
    blocks.push({ kind: "rule" });
    return at + 1;
  }
  if (depth < DEEPEST && QUOTE.test(line)) {
    const inner = takeWhile(lines, at, (one) => QUOTE.test(one));
    blocks.push({ kind: "quote", blocks: blocksOf(inner.map((one) => one.replace(QUOTE, "")), depth + 1) });
    return at + inner.length;
  }
  if (depth < DEEPEST && ITEM.test(line)) return list(lines, at, depth, blocks);
  if (line.includes("|") && TABLE_LINE.test(lines[at + 1] ?? "") && (lines[at + 1] ?? "").includes("-")) return table(lines, at, blocks);
  if (/^ {4}/.test(line)) {
    const inner = takeWhile(lines, at, (one) => /^ {4}/.test(one) || one.trim() === "");
    blocks.push({ kind: "code", language: "", text: inner.map((one) => one.slice(4)).join("\n").trimEnd() });
    return at + inner.length;
  }
  return paragraph(lines, at, depth, blocks);
}

function takeWhile(lines: readonly string[], at: number, fits: (line: string) => boolean): string[] {
  let end = at;
  while (end < lines.length && fits(lines[end] ?? "")) end += 1;
  return lines.slice(at, end);
}

function fenced(lines: readonly string[], at: number, mark: string, language: string, blocks: Block[]): number {
  const body = takeWhile(lines, at + 1, (line) => !(line.trim().startsWith(mark) && line.trim().replaceAll(mark[0] ?? "`", "") === ""));
  blocks.push({ kind: "code", language, text: body.join("\n") });
  return at + body.length + 2;
}

function paragraph(lines: readonly string[], at: number, depth: number, blocks: Block[]): number {
  const body = [lines[at] ?? ""];
  let next = at + 1;
  for (; next < lines.length; next += 1) {
    const line = lines[next] ?? "";
    const under = /^ {0,3}(=+|-+)\s*$/.exec(line);
    if (under) {
      blocks.push({ kind: "heading", level: under[1]?.startsWith("=") ? 1 : 2, children: parseInline(body.join("\n").trim()) });
      return next + 1;
    }
    const other = FENCE.test(line) || HEADING.test(line) || RULE.test(line) || (depth < DEEPEST && (QUOTE.test(line) || ITEM.test(line)));
    if (line.trim() === "" || other) break;
    body.push(line);
  }
  blocks.push({ kind: "paragraph", children: parseInline(body.map((line) => line.replace(/^ +/, "")).join("\n").trimEnd()) });
  return next;
}

function list(lines: readonly string[], at: number, depth: number, blocks: Block[]): number {
  const first = ITEM.exec(lines[at] ?? "");
  const ordered = /\d/.test(first?.[2] ?? "");
  const items: { done: boolean | null; blocks: Block[] }[] = [];
  let next = at;
  for (;;) {
    const mark = ITEM.exec(lines[next] ?? "");
    if (!mark || /\d/.test(mark[2] ?? "") !== ordered || RULE.test(lines[next] ?? "")) break;
    const width = Math.min(mark[0].length, (mark[1] ?? "").length + (mark[2] ?? "").length + 1);
    const body = [(lines[next] ?? "").slice(width)];
    next += 1;
    while (next < lines.length) {
      const line = lines[next] ?? "";
      const deeper = line.startsWith(" ".repeat(width));
      const goesOn = deeper || (line.trim() === "" ? (lines[next + 1] ?? "").startsWith(" ".repeat(width)) : !ITEM.test(line) && body.at(-1)?.trim() !== "" && !HEADING.test(line) && !FENCE.test(line));
      if (!goesOn) break;
      body.push(deeper ? line.slice(width) : line);
      next += 1;
    }
    const box = /^\[([ xX])\] +/.exec(body[0] ?? "");
    if (box) body[0] = (body[0] ?? "").slice(box[0].length);
    items.push({ done: box ? box[1] !== " " : null, blocks: blocksOf(body, depth + 1) });
    if ((lines[next] ?? "x").trim() === "" && ITEM.test(lines[next + 1] ?? "")) next += 1;
  }
  blocks.push({ kind: "list", ordered, start: Number.parseInt(first?.[2] ?? "1", 10) || (ordered ? 0 : 1), items });
  return Math.max(next, at + 1);
}

function table(lines: readonly string[], at: number, blocks: Block[]): number {
  const head = cells(lines[at] ?? "");
  const align = cells(lines[at + 1] ?? "").map((one) => (one.endsWith(":") ? (one.startsWith(":") ? "center" : "right") : "left") as "left");
  const rows = takeWhile(lines, at + 2, (line) => line.trim() !== "" && line.includes("|"));
  blocks.push({
    kind: "table",
    align,
    head: head.map((one) => parseInline(one)),
    rows: rows.map((row) => cells(row).slice(0, head.length).map((one) => parseInline(one))),
  });
  return at + 2 + rows.length;
}

function cells(line: string): string[] {
  const inner = line.trim().replace(/^\|/, "").replace(/\|$/, "");
  return inner.split(/(?<!\\)\|/).map((one) => one.trim().replaceAll("\\|", "|"));
}

const LINK = /(!?)\[((?:[^[\]\\]|\\.|!\[[^[\]]{0,200}\]\([^()\s]{0,500}\))*)\]\(\s*<?([^\s<>()]*(?:\([^\s()]*\)[^\s<>()]*)?)>?(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)/y;
const BARE = /https?:\/\/[^\s<>"'`]*[^\s<>"'`.,:;!?)\]*_]/y;
const DELIMITERS = ["***", "**", "__", "~~", "*", "_"] as const;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: "\u00a0" };

export function parseInline(text: string, depth = 0): Inline[] {
  const found: Inline[] = [];
  let plain = "";
  const flush = () => {
    if (plain) found.push({ kind: "text", text: plain.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name: string) => ENTITIES[name] ?? "") });
    plain = "";
  };
  /** Marks without an end in this text: looked for once, not at each place. */
  const openForEver = new Set<string>();
  let i = 0;
  while (i < text.length) {
    const char = text[i] ?? "";
    const step = piece(text, i, depth, openForEver);
    if (step) {
      flush();
      found.push(...step.made);
      i = step.next;
    } else if (char === "\\" && /[!-/:-@[-`{-~]/.test(text[i + 1] ?? "")) {
      plain += text[i + 1];
      i += 2;
    } else {
      plain += char === "\n" ? " " : char;
      i += 1;
    }
  }
  flush();
  return found;
}

interface Piece {
  made: Inline[];
  next: number;
}

function piece(text: string, i: number, depth: number, openForEver: Set<string>): Piece | null {
  const char = text[i] ?? "";
  if (char === "`") return codeSpan(text, i, openForEver);
  if (char === "\n" && (text.slice(i - 2, i) === "  " || text[i - 1] === "\\")) return { made: [{ kind: "break" }], next: i + 1 };
  if ((char === "[" || (char === "!" && text[i + 1] === "[")) && depth < DEEPEST) {
    LINK.lastIndex = i;
    const link = LINK.exec(text);
    if (!link) return null;
    const [, bang, label = "", to = ""] = link;
    const made: Inline = bang ? { kind: "image", to, alt: label } : { kind: "link", to, children: parseInline(label, depth + 1) };
    return { made: [made], next: LINK.lastIndex };
  }
  if (char === "h" && !/\w/.test(text[i - 1] ?? "")) {
    BARE.lastIndex = i;
    const bare = BARE.exec(text);
    return bare && { made: [{ kind: "link", to: bare[0], children: [{ kind: "text", text: bare[0] }] }], next: BARE.lastIndex };
  }
  return (char === "*" || char === "_" || char === "~") && depth < DEEPEST ? emphasis(text, i, depth, openForEver) : null;
}

function codeSpan(text: string, i: number, openForEver: Set<string>): Piece | null {
  const mark = /^`+/.exec(text.slice(i, i + 20))?.[0] ?? "`";
  if (openForEver.has(mark)) return { made: [{ kind: "text", text: mark }], next: i + mark.length };
  let end = text.indexOf(mark, i + mark.length);
  while (end >= 0 && text[end + mark.length] === "`") {
    let past = end + mark.length;
    while (text[past] === "`") past += 1;
    end = text.indexOf(mark, past);
  }
  if (end < 0) {
    openForEver.add(mark);
    return { made: [{ kind: "text", text: mark }], next: i + mark.length };
  }
  const inner = text.slice(i + mark.length, end).replaceAll("\n", " ");
  return { made: [{ kind: "code", text: /^ .*[^ ].* $/.test(inner) ? inner.slice(1, -1) : inner }], next: end + mark.length };
}

function emphasis(text: string, i: number, depth: number, openForEver: Set<string>): Piece | null {
  const mark = DELIMITERS.find((one) => text.startsWith(one, i));
  const after = text[i + (mark?.length ?? 0)] ?? " ";
  if (!mark || openForEver.has(mark) || /\s/.test(after) || (mark.startsWith("_") && /\w/.test(text[i - 1] ?? ""))) return null;
  for (let end = text.indexOf(mark, i + mark.length + 1); end > 0; end = text.indexOf(mark, end + 1)) {
    const touches = !/[\s\\]/.test(text[end - 1] ?? " ");
    const single = mark.length > 1 || (text[end + 1] !== mark && text[end - 1] !== mark);
    const whole = !mark.startsWith("_") || !/\w/.test(text[end + mark.length] ?? "");
    if (!touches || !single || !whole) continue;
    const children = parseInline(text.slice(i + mark.length, end), depth + 1);
    const kind = mark === "~~" ? "del" : mark === "*" || mark === "_" ? "em" : "strong";
    const made: Inline = mark === "***" ? { kind: "strong", children: [{ kind: "em", children }] } : { kind, children };
    return { made: [made], next: end + mark.length };
  }
  openForEver.add(mark);
  return null;
}

/** Where a link of a document may lead: a web address as it is, a path beside the document as a path, anything else nowhere. */
export function targetOf(to: string, folder = ""): { web: string } | { path: string } | null {
  if (/^(https?:\/\/|mailto:)/i.test(to)) return { web: to };
  // eslint-disable-next-line no-control-regex
  if (!to || to.startsWith("#") || to.startsWith("/") || to.startsWith("\\") || /^[\w+.-]*:/.test(to) || /[\u0000-\u001f]/.test(to)) return null;
  const parts = folder ? folder.split("/") : [];
  for (const part of decoded(to.replace(/[?#].*$/, "")).split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return null;
    } else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.length ? { path: parts.join("/") } : null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
