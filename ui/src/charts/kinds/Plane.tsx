/** Axes, grid and marks that scatter, box and contour charts share; plain SVG, so that a saved picture is what is seen. */

import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { cut } from "../../lib/cut";
import type { Axis } from "../fields";
import s from "./kinds.module.css";

export interface PlaneArea {
  left: number;
  top: number;
  width: number;
  height: number;
}

export const TEXT = { fontSize: 11, fill: "var(--text-2)" } as const;

/** The width of an element, as it changes. */
export function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => setWidth(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, width];
}

export function planeArea(width: number, height: number, right = 14): PlaneArea {
  return { left: 58, top: 10, width: Math.max(40, width - 58 - right), height: Math.max(40, height - 10 - 40) };
}

interface Brushing {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export interface PlaneProps {
  label: string;
  area: PlaneArea;
  width: number;
  height: number;
  x: Axis;
  y: Axis;
  children: ReactNode;
  data: Readonly<Record<string, string | number | undefined>>;
  /** Called with places from 0 to 1, or null for a click that chose nothing. */
  onBrush?: ((area: { x: [number, number]; y: [number, number] } | null) => void) | undefined;
  onPoint?: ((place: { x: number; y: number } | null) => void) | undefined;
  onPick?: (() => void) | undefined;
}

export function Plane({ label, area, width, height, x, y, children, data, onBrush, onPoint, onPick }: PlaneProps) {
  const [brush, setBrush] = useState<Brushing | null>(null);
  const at = (event: React.PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const bottom = area.top + area.height;
  const done = () => {
    if (!brush) return;
    setBrush(null);
    const [left, right] = [Math.min(brush.x0, brush.x1), Math.max(brush.x0, brush.x1)];
    const [top, low] = [Math.min(brush.y0, brush.y1), Math.max(brush.y0, brush.y1)];
    if (right - left < 4 && low - top < 4) return onPick ? onPick() : onBrush?.(null);
    onBrush?.({
      x: [(left - area.left) / area.width, (right - area.left) / area.width],
      y: [1 - (low - area.top) / area.height, 1 - (top - area.top) / area.height],
    });
  };
  return (
    <svg
      className={s.svg}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      data-testid="chart"
      data-drawn="true"
      {...data}
      onPointerDown={(event) => {
        if (!onBrush || event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        const { x: px, y: py } = at(event);
        setBrush({ x0: px, y0: py, x1: px, y1: py });
      }}
      onPointerMove={(event) => {
        const place = at(event);
        if (brush) setBrush({ ...brush, x1: clamp(place.x, area.left, area.left + area.width), y1: clamp(place.y, area.top, bottom) });
        else onPoint?.(place);
      }}
      onPointerUp={done}
      onPointerLeave={() => onPoint?.(null)}
    >
      <Marks {...{ area, x, y }} />
      {children}
      {brush && (
        <rect
          x={Math.min(brush.x0, brush.x1)}
          y={Math.min(brush.y0, brush.y1)}
          width={Math.abs(brush.x1 - brush.x0)}
          height={Math.abs(brush.y1 - brush.y0)}
          fill="var(--accent)"
          fillOpacity={0.14}
          stroke="var(--accent)"
        />
      )}
    </svg>
  );
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

function Marks({ area, x, y }: { area: PlaneArea; x: Axis; y: Axis }) {
  const bottom = area.top + area.height;
  const across = x.marks(Math.max(2, Math.floor(area.width / 90)));
  const down = y.marks(Math.max(2, Math.floor(area.height / 40)));
  return (
    <g aria-hidden="true">
      {across.map(({ at, label }) => (
        <g key={label}>
          <path d={`M${area.left + at * area.width} ${area.top}V${bottom}`} stroke="var(--line)" />
          <text x={area.left + at * area.width} y={bottom + 14} textAnchor="middle" {...TEXT}>
            {label}
          </text>
        </g>
      ))}
      {down.map(({ at, label }) => (
        <g key={label}>
          <path d={`M${area.left} ${bottom - at * area.height}h${area.width}`} stroke="var(--line)" />
          <text x={area.left - 6} y={bottom - at * area.height + 4} textAnchor="end" {...TEXT}>
            {label}
          </text>
        </g>
      ))}
      <text x={area.left + area.width / 2} y={bottom + 31} textAnchor="middle" {...TEXT} fill="var(--text)">
        {axisTitle(x)}
      </text>
      <text x={12} y={area.top + area.height / 2} textAnchor="middle" transform={`rotate(-90 12 ${area.top + area.height / 2})`} {...TEXT} fill="var(--text)">
        {axisTitle(y)}
      </text>
    </g>
  );
}

export function axisTitle(axis: Axis): string {
  const name = cut(axis.name, 40);
  return axis.log ? `${name} (log)` : name;
}
