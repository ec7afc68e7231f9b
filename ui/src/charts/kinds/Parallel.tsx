/** Parallel coordinates: a line for each run through all of its fields; axes can be brushed and moved. */

import { useMemo, useState } from "react";
import { cut } from "../../lib/cut";
import { formatNumber } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Panel, type Place, placeOf } from "../../ui/Popover";
import { type Axis, axisOf, type Field } from "../fields";
import { level, levelColour } from "../ramp";
import { brushOf } from "./brushes";
import s from "./kinds.module.css";
import { TEXT, useWidth } from "./Plane";
import { RunTip, type TipPlace } from "./runTip";
import type { Brush, Brushes, KindProps, OnBrush } from "./types";

interface Props extends KindProps {
  fields: readonly Field[];
  /** The field that colours the lines. */
  z: Field | null;
  brushes: Brushes;
  onBrush: OnBrush;
  onOrder: (fields: readonly Field[]) => void;
}

const TOP = 34;
const BOTTOM = 22;
const SIDE = 56;
const REACH = 14;

export function Parallel(props: Props) {
  const { name, height, runs, inside, lit, onLit, onOpen, fields, z, brushes, onBrush, onOrder } = props;
  const [box, width] = useWidth();
  const [tip, setTip] = useState<TipPlace | null>(null);
  const [drag, setDrag] = useState<{ axis: number; from: number; to: number } | null>(null);
  const [moving, setMoving] = useState<{ axis: number; x: number; moved: boolean } | null>(null);
  const [menu, setMenu] = useState<{ axis: number; place: Place } | null>(null);
  const axes = useMemo(() => fields.map((field) => axisOf(field)), [fields]);
  const colours = useMemo(() => z && axisOf(z), [z]);
  const places = useMemo(() => runs.ids.map((_, i) => axes.map((axis, j) => axis.at(fields[j]?.values[i] ?? null))), [runs, axes, fields]);
  const tall = Math.max(60, height - TOP - BOTTOM);
  const ax = (i: number) => (axes.length < 2 ? width / 2 : SIDE + (i * (width - 2 * SIDE)) / (axes.length - 1));
  const ay = (place: number) => TOP + (1 - place) * tall;
  const path = (row: readonly (number | null)[]) => {
    let down = false;
    return row
      .map((place, i) => {
        if (place === null) {
          down = false;
          return "";
        }
        const part = `${down ? "L" : "M"}${ax(i).toFixed(1)} ${ay(place).toFixed(1)}`;
        down = true;
        return part;
      })
      .join("");
  };
  const groups = useMemo(() => {
    const found = new Map<string, { colour: string; inside: boolean; rows: number[] }>();
    runs.ids.forEach((_, i) => {
      const share = z ? (colours?.at(z.values[i] ?? null) ?? null) : null;
      const colour = z ? (share === null ? "var(--text-3)" : levelColour(level(share))) : (runs.colours[i] ?? "var(--accent)");
      const within = inside[i] ?? true;
      const key = `${within ? 1 : 0} ${colour}`;
      const group = found.get(key);
      if (group) group.rows.push(i);
      else found.set(key, { colour, inside: within, rows: [i] });
    });
    // The faint ones lie below.
    return [...found].sort(([a], [b]) => a.localeCompare(b)).map(([, group]) => group);
  }, [runs, z, colours, inside]);
  // Thousands of lines are not written anew for each move of the mouse.
  const drawn = useMemo(
    () =>
      groups.map((group) => (
        <path
          key={`${group.colour} ${group.inside}`}
          d={group.rows.map((i) => path(places[i] ?? [])).join("")}
          stroke={group.inside ? group.colour : "var(--line-strong)"}
          strokeOpacity={group.inside ? (runs.ids.length > 200 ? 0.4 : 0.75) : 0.15}
          strokeWidth={1.4}
        />
      )),
    [groups, places, width, height],
  );
  const at = (event: React.PointerEvent<SVGElement>) => {
    const area = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - area.left, y: event.clientY - area.top };
  };
  const axisAt = (x: number) => axes.findIndex((_, i) => Math.abs(ax(i) - x) <= REACH);
  const point = ({ x, y }: { x: number; y: number }) => {
    const right = Math.min(axes.length - 1, Math.max(1, axes.findIndex((_, i) => ax(i) >= x)));
    const part = (x - ax(right - 1)) / (ax(right) - ax(right - 1) || 1);
    let best: TipPlace | null = null;
    let far = 10;
    places.forEach((row, index) => {
      const [a, b] = [row[right - 1] ?? null, row[right] ?? null];
      if (a === null || b === null || !(inside[index] ?? true)) return;
      const distance = Math.abs(ay(a + (b - a) * part) - y);
      if (distance < far) {
        far = distance;
        best = { index, x, y };
      }
    });
    const found = best as TipPlace | null;
    setTip(found);
    onLit(found ? (runs.ids[found.index] ?? null) : null);
  };
  const put = (axis: number, brush: Brush | null) => {
    const field = fields[axis];
    if (field) onBrush([[field, brush]]);
  };
  const order = (from: number, to: number) => {
    const next = [...fields];
    const [moved] = next.splice(from, 1);
    if (moved) next.splice(Math.max(0, Math.min(next.length, to)), 0, moved);
    onOrder(next);
  };
  const finish = () => {
    if (!drag) return;
    setDrag(null);
    const [from, to] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    const axis = axes[drag.axis];
    if (axis) put(drag.axis, (to - from) * tall < 4 ? null : brushOf(axis, [from, to]));
  };
  const share = (y: number) => Math.min(1, Math.max(0, 1 - (y - TOP) / tall));
  return (
    <div ref={box} className={s.box}>
      {width > 0 && (
        <svg
          className={s.svg}
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          role="img"
          aria-label={`${name}: ${runs.ids.length} runs over ${fields.map((field) => field.name).join(", ")}`}
          data-testid="chart"
          data-chart={name}
          data-kind="parallel"
          data-drawn="true"
          data-points={runs.ids.length}
          data-inside={inside.filter(Boolean).length}
          onPointerDown={(event) => {
            const { x, y } = at(event);
            const axis = axisAt(x);
            if (axis < 0 || event.button !== 0) return;
            event.currentTarget.setPointerCapture(event.pointerId);
            setDrag({ axis, from: share(y), to: share(y) });
          }}
          onPointerMove={(event) => (drag ? setDrag({ ...drag, to: share(at(event).y) }) : point(at(event)))}
          onPointerUp={finish}
          onPointerLeave={() => (setTip(null), onLit(null))}
          onDoubleClick={() => tip && onOpen(runs.ids[tip.index] ?? "")}
        >
          <g fill="none">
            {drawn}
            {runs.ids.map((id, i) => (lit.includes(id) ? <path key={id} d={path(places[i] ?? [])} stroke="var(--text)" strokeWidth={2.5} /> : null))}
          </g>
          {axes.map((axis, i) => (
            <AxisMarks key={fields[i]?.id} axis={axis} x={moving?.axis === i ? moving.x : ax(i)} top={TOP} tall={tall} brush={drag?.axis === i ? [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)] : spanOf(axis, brushes.get(fields[i]?.id ?? ""))} />
          ))}
        </svg>
      )}
      {width > 0 &&
        fields.map((field, i) => (
          <button
            key={field.id}
            type="button"
            className={s.axis}
            style={{ left: moving?.axis === i ? moving.x : ax(i) }}
            title={`${field.name}: drag to move, click for more`}
            data-axis={field.id}
            data-brushed={brushes.has(field.id) || undefined}
            data-dragged={moving?.axis === i && moving.moved ? true : undefined}
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId);
              setMoving({ axis: i, x: ax(i), moved: false });
            }}
            onPointerMove={(event) => {
              if (!moving) return;
              const x = event.clientX - (box.current?.getBoundingClientRect().left ?? 0);
              if (moving.moved || Math.abs(x - ax(i)) > 6) setMoving({ axis: i, x, moved: true });
            }}
            onPointerUp={() => {
              if (moving?.moved) order(i, axes.filter((_, j) => j !== i && ax(j) < moving.x).length);
            }}
            onClick={(event) => {
              const dragged = moving?.moved;
              setMoving(null);
              if (!dragged) setMenu({ axis: i, place: placeOf(event.currentTarget) });
            }}
          >
            {field.name}
          </button>
        ))}
      {tip && <RunTip place={tip} width={width} label={runs.labels[tip.index] ?? ""} fields={fields} />}
      {menu && fields[menu.axis] && (
        <AxisMenu
          place={menu.place}
          field={fields[menu.axis] as Field}
          axis={axes[menu.axis] as Axis}
          brush={brushes.get(fields[menu.axis]?.id ?? "")}
          onClose={() => setMenu(null)}
          onBrush={(brush) => put(menu.axis, brush)}
          onMove={(step) => (order(menu.axis, menu.axis + step), setMenu(null))}
        />
      )}
    </div>
  );
}

/** Where on an axis a brush lies. */
function spanOf(axis: Axis, brush: Brush | undefined): readonly [number, number] | null {
  if (!brush) return null;
  if ("from" in brush) return [clamp(axis.at(brush.from) ?? 0), clamp(axis.at(brush.to) ?? 1)];
  const places = brush.values.map((value) => axis.at(value)).filter((place) => place !== null);
  const room = axis.numeric ? 0.012 : 0.5 / Math.max(1, axis.categories.length);
  return places.length ? [Math.min(...places) - room, Math.max(...places) + room] : null;
}

const clamp = (value: number) => Math.min(1, Math.max(0, value));

function AxisMarks({ axis, x, top, tall, brush }: { axis: Axis; x: number; top: number; tall: number; brush: readonly [number, number] | null }) {
  return (
    <g aria-hidden="true">
      <text x={x} y={14} textAnchor="middle" {...TEXT} fontWeight={600} fill="none" stroke="none" data-title={axis.name}>
        {cut(axis.name, 24)}
      </text>
      <path d={`M${x} ${top}v${tall}`} stroke="var(--text-2)" />
      <rect x={x - REACH} y={top} width={2 * REACH} height={tall} fill="transparent" style={{ cursor: "ns-resize" }} />
      {axis.marks(Math.max(2, Math.floor(tall / 36))).map(({ at, label }) => (
        <text key={label} x={x + 6} y={top + (1 - at) * tall + 4} {...TEXT} fontSize={10} stroke="var(--bg)" strokeWidth={3} paintOrder="stroke">
          {label}
        </text>
      ))}
      {brush && <rect x={x - 6} y={top + (1 - brush[1]) * tall} width={12} height={Math.max(2, (brush[1] - brush[0]) * tall)} fill="var(--accent)" fillOpacity={0.35} stroke="var(--accent)" />}
    </g>
  );
}

interface MenuProps {
  place: Place;
  field: Field;
  axis: Axis;
  brush: Brush | undefined;
  onClose: () => void;
  onBrush: (brush: Brush | null) => void;
  onMove: (step: number) => void;
}

/** What the mouse does, for the keyboard. */
function AxisMenu({ place, field, axis, brush, onClose, onBrush, onMove }: MenuProps) {
  const span = brush && "from" in brush ? brush : null;
  const [from, setFrom] = useState(span ? String(span.from) : "");
  const [to, setTo] = useState(span ? String(span.to) : "");
  const apply = () => {
    const [low, high] = [from === "" ? axis.value(0) : Number(from), to === "" ? axis.value(1) : Number(to)];
    if (Number.isFinite(low) && Number.isFinite(high)) onBrush({ from: Math.min(low, high), to: Math.max(low, high) });
    onClose();
  };
  return (
    <Panel place={place} label={field.name} onClose={onClose} width={220}>
      <form
        className={s.range}
        onSubmit={(event) => {
          event.preventDefault();
          apply();
        }}
      >
        {axis.numeric ? (
          <>
            <label>
              From <input value={from} placeholder={formatNumber(axis.value(0))} onChange={(event) => setFrom(event.target.value)} size={10} />
            </label>
            <label>
              To <input value={to} placeholder={formatNumber(axis.value(1))} onChange={(event) => setTo(event.target.value)} size={10} />
            </label>
            <Button type="submit">Filter</Button>
          </>
        ) : (
          axis.categories.slice(0, 20).map((category) => (
            <label key={category}>
              <input
                type="checkbox"
                checked={brush !== undefined && "values" in brush && brush.values.includes(category)}
                onChange={(event) => {
                  const old = brush && "values" in brush ? brush.values : [];
                  const next = event.target.checked ? [...old, category] : old.filter((one) => one !== category);
                  onBrush(next.length ? { values: next } : null);
                }}
              />{" "}
              {category}
            </label>
          ))
        )}
      </form>
      <div className={s.range}>
        {brush && <Button onClick={() => (onBrush(null), onClose())}>Take the brush away</Button>}
        <Button onClick={() => onMove(-1)}>Move left</Button>
        <Button onClick={() => onMove(1)}>Move right</Button>
      </div>
    </Panel>
  );
}
