/** A line chart as SVG text with axes and legend, ready for a paper. Pure. */

import { cut } from "../lib/cut";
import { formatTime } from "../lib/format";
import { type Area, outline, type Pen, trace } from "./paint";
import { type Picture, xml } from "./picture";
import { makeScale, padded, shortMarks, ticks } from "./scales";
import { type Shapes, xRange, yRange } from "./shapes";
import { clipWords } from "./words";

export interface Paper {
  title: string;
  xName: string;
  logX: boolean;
  logY: boolean;
  clip: boolean;
  zoom: readonly [number, number] | null;
  time: boolean;
  /** What the lines of a band are, and where the chart was made. */
  notes: readonly string[];
  /** Of the picture and of its plot; for a file if not given. */
  size?: readonly [width: number, height: number];
}

const SIZE = [640, 280] as const;
const ROW = 16;
const NAMES_SHOWN = 60;

export function lineSvg(shapes: Shapes, paper: Paper): Picture {
  const [width, tall] = paper.size ?? SIZE;
  const plot = { left: 58, top: 34, width: width - 58 - 18, height: tall };
  const across = paper.zoom ?? xRange(shapes, paper.logX);
  const down = yRange(shapes, across, paper.clip, paper.logY);
  const y = makeScale(...padded(down.min, down.max, paper.logY), paper.logY);
  const area: Area = { ...plot, ratio: 1, x: makeScale(...across, paper.logX), y };
  const looks = [...shapes.bands.map((band) => ({ label: `${band.label} (${band.runs} runs)`, colour: band.colour, dash: [] as readonly number[] })), ...shapes.strokes.map(({ line }) => line)];
  const named = looks.slice(0, NAMES_SHOWN);
  const columns = named.length > 6 && width > 500 ? 3 : Math.min(2, named.length || 1);
  const notes = [...paper.notes, ...(down.clipped ? [`axis cut: ${clipWords(down.clipped)}`] : []), ...(looks.length > named.length ? [`and ${looks.length - named.length} more lines`] : [])];
  const legendTop = plot.top + plot.height + 54;
  const height = legendTop + Math.ceil(named.length / columns) * ROW + notes.length * 14 + 8;
  const clip = `<clipPath id="plot"><rect x="${plot.left}" y="${plot.top}" width="${plot.width}" height="${plot.height}"/></clipPath>`;
  const body = [
    ...shapes.bands.map((band) => {
      const fill = path((pen) => outline(pen, area, band, band.low, band.high));
      const edge = path((pen) => (trace(pen, area, band.xs, band.least), trace(pen, area, band.xs, band.greatest)));
      const middle = path((pen) => trace(pen, area, band.xs, band.middle));
      return `<path d="${fill}Z" fill="${band.colour}" fill-opacity=".2"/><path d="${edge}" fill="none" stroke="${band.colour}" stroke-opacity=".5" stroke-dasharray="2 2"/><path d="${middle}" fill="none" stroke="${band.colour}" stroke-width="2"/>`;
    }),
    ...shapes.strokes.map(({ line, xs, ys, smooth }) => {
      const look = `fill="none" stroke="${line.colour}" stroke-dasharray="${line.dash.join(" ") || "none"}" stroke-linejoin="round"`;
      const raw = `<path d="${path((pen) => trace(pen, area, xs, ys))}" ${look} ${smooth ? 'stroke-opacity=".28"' : 'stroke-width="1.5"'}/>`;
      const dots = dotsOf(area, xs, ys, line.colour);
      return smooth ? `${raw}${dots}<path d="${path((pen) => trace(pen, area, xs, smooth))}" ${look} stroke-width="1.75"/>` : raw + dots;
    }),
  ].join("");
  const legend = named
    .map(({ label, colour, dash }, i) => {
      const left = plot.left + (i % columns) * (plot.width / columns);
      const top = legendTop + Math.floor(i / columns) * ROW;
      const room = Math.min(columns === 3 ? 24 : 44, Math.floor((plot.width / columns - 24) / 5.8));
      return `<path d="M${left} ${top - 4}h18" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash.join(" ") || "none"}"/><text x="${left + 24}" y="${top}">${xml(cut(label, room))}</text>`;
    })
    .join("");
  const said = notes.map((note, i) => `<text x="${plot.left}" y="${height - 8 - (notes.length - 1 - i) * 14}" fill="var(--text-3)">${xml(note)}</text>`).join("");
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif" font-size="11" fill="var(--text)"><rect width="100%" height="100%" fill="var(--bg)"/>${clip}<text x="${plot.left}" y="20" font-size="14" font-weight="600">${xml(paper.title)}</text>${axes(area, paper)}<g clip-path="url(#plot)">${body}</g>${legend}${said}</svg>`;
  return { svg, width, height };
}

function axes(area: Area, paper: Paper): string {
  const bottom = area.top + area.height;
  const [xs, ys] = [ticks(area.x, area.width < 400 ? 4 : 6), ticks(area.y, 6)];
  const [xWords, yWords] = [shortMarks(xs), shortMarks(ys)];
  const across = xs.map((mark, i) => {
    const at = round(area.left + area.x.at(mark) * area.width);
    const word = paper.time ? formatTime(mark * 1000) : (xWords[i] ?? "");
    return `<path d="M${at} ${area.top}V${bottom}" stroke="var(--line)"/><text x="${at}" y="${bottom + 15}" text-anchor="middle"${paper.time ? ' font-size="8"' : ""}>${xml(word)}</text>`;
  });
  const down = ys.map((mark, i) => {
    const at = round(area.top + (1 - area.y.at(mark)) * area.height);
    return `<path d="M${area.left} ${at}h${area.width}" stroke="var(--line)"/><text x="${area.left - 6}" y="${at + 4}" text-anchor="end">${xml(yWords[i] ?? "")}</text>`;
  });
  const frame = `<path d="M${area.left} ${area.top}V${bottom}H${area.left + area.width}" fill="none" stroke="var(--text-2)"/>`;
  return `${across.join("")}${down.join("")}${frame}<text x="${area.left + area.width / 2}" y="${bottom + 32}" text-anchor="middle">${xml(paper.xName)}</text>`;
}

function path(draw: (pen: Pen) => void): string {
  const parts: string[] = [];
  draw({
    moveTo: (x, y) => void parts.push(`M${round(x)} ${round(y)}`),
    lineTo: (x, y) => void parts.push(`L${round(x)} ${round(y)}`),
  });
  return parts.join("");
}

/** Points as dots where there are few, or where a point has no neighbour and would not be seen. */
function dotsOf(area: Area, xs: readonly number[], ys: readonly (number | null)[], colour: string): string {
  const few = xs.length * 10 < area.width;
  const parts = xs.flatMap((x, i) => {
    const y = ys[i] ?? null;
    if (y === null || (!few && ((ys[i - 1] ?? null) !== null || (ys[i + 1] ?? null) !== null))) return [];
    return [`M${round(area.left + area.x.at(x) * area.width)} ${round(area.top + (1 - area.y.at(y)) * area.height)}h0`];
  });
  return parts.length ? `<path d="${parts.join("")}" stroke="${colour}" stroke-width="5" stroke-linecap="round" fill="none"/>` : "";
}

const round = (value: number) => Math.round(value * 100) / 100;
