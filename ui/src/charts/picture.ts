/** A chart as a file: SVG that stands alone, PNG made of it, CSV of its numbers. */

import { oneLine } from "../lib/shown";
import { paperColours } from "./theme";

export interface Picture {
  /** A whole <svg>; colours may still be the page's variables. */
  svg: string;
  width: number;
  height: number;
}

export type Field = string | number | null;

/** A chart's numbers. */
export interface Sheet {
  head: readonly string[];
  rows: readonly (readonly Field[])[];
}

/** In the light theme's colours, so that it looks the same in a paper whatever the page's theme was. */
export function onPaper(svg: string): string {
  const names = [...new Set(svg.match(/var\(--[\w-]+\)/g) ?? [])];
  const colours = paperColours(names);
  return svg.replace(/var\(--[\w-]+\)/g, (name) => colours.get(name) || "#000");
}

/** Characters that mean something in XML, and those that may not be in it at all. */
export function xml(text: string): string {
  return oneLine(text).replace(/[\ufffe\uffff]/g, "").replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** RFC 4180; a text that a spreadsheet would take for a formula is kept one by an apostrophe. */
export function toCsv({ head, rows }: Sheet): string {
  return [head, ...rows].map((row) => row.map(csvField).join(",")).join("\r\n") + "\r\n";
}

function csvField(value: Field): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Pixels of the file for each of the picture: about 300 dpi at the width of a column. */
const SHARP = 3;

export async function toPng({ svg, width, height }: Picture): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([onPaper(svg)], { type: "image/svg+xml" }));
  try {
    const image = new Image(width * SHARP, height * SHARP);
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = width * SHARP;
    canvas.height = height * SHARP;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture is too large to draw."))), "image/png"));
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** A name that every file system takes. */
export function fileName(name: string, ending: string): string {
  return `${name.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[-.]+|-+$/g, "").slice(0, 80) || "chart"}.${ending}`;
}

export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const HEAD = 30;
const FOOT = 18;

/** A chart that is drawn on the page, with a title above and notes below. */
export function pictureOf(chart: SVGSVGElement, title: string, notes: readonly string[]): Picture {
  const copy = chart.cloneNode(true) as SVGSVGElement;
  // What buttons over the picture say on the page.
  copy.querySelectorAll<SVGTextElement>("text[data-title]").forEach((text) => {
    text.textContent = text.dataset["title"] ?? "";
    text.setAttribute("fill", "var(--text)");
  });
  const width = chart.width.baseVal.value;
  const height = chart.height.baseVal.value + HEAD + FOOT * notes.length;
  copy.setAttribute("y", String(HEAD));
  for (const name of [...copy.attributes].map((one) => one.name)) if (/^(class|style|role|data-|aria-)/.test(name)) copy.removeAttribute(name);
  const body = new XMLSerializer().serializeToString(copy);
  const said = notes.map((note, i) => `<text x="12" y="${height - 6 - (notes.length - 1 - i) * FOOT}" fill="var(--text-3)" font-size="10">${xml(note)}</text>`).join("");
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif" font-size="11"><rect width="100%" height="100%" fill="var(--bg)"/><text x="12" y="20" font-size="14" font-weight="600" fill="var(--text)">${xml(title)}</text>${body}${said}</svg>`;
  return { svg, width, height };
}

/** The chart inside an element of the page, or the one of that name at full size; null while neither is there. */
export function drawnIn(box: HTMLElement | null, name: string, words?: string): Picture | null {
  const chart = box?.querySelector<SVGSVGElement>("svg[data-testid=chart]") ?? document.querySelector<SVGSVGElement>(`dialog svg[data-chart="${CSS.escape(name)}"]`);
  return chart ? pictureOf(chart, name, [...(words ? [words] : []), location.href.slice(0, 160)]) : null;
}
