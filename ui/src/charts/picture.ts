/** A chart as a file: SVG that stands alone, PNG made of it, CSV of its numbers. */

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
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "").replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
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
