/** What every chart of the panel carries: a grip to drag it by, a menu for axes, size, order and removal, a corner to pull. */

import { useRef, useState } from "react";
import { Button, IconButton } from "../../../ui/Button";
import { Icon } from "../../../ui/Icon";
import { Opener } from "../../../ui/Popover";
import { type Choices, SpecForm } from "./SpecForm";
import s from "./Panel.module.css";
import { MOST_WIDE, type OnSpec, type PanelSpec, TALL } from "./specs";

export const DRAGGED = "application/x-runstone-chart";

interface ToolsProps {
  name: string;
  id: string;
  spec: PanelSpec;
  choices: Choices;
  onSpec: OnSpec;
  onMove: (step: number) => void;
}

const HEIGHTS: readonly (readonly [number, string])[] = [
  [192, "low"],
  [TALL, "as usual"],
  [384, "high"],
  [560, "very high"],
];

export function PanelTools({ name, id, spec, choices, onSpec, onMove }: ToolsProps) {
  return (
    <>
      <Opener label={`Chart ${name}`} width={280} button={(props) => <IconButton {...props} icon="more" label={`More of ${name}`} />}>
        {(close) => (
          <div className={s.menu}>
            {spec.m === undefined && <SpecForm {...{ spec, choices }} onSpec={onSpec} />}
            <label>
              Width
              <select value={spec.wide} onChange={(event) => onSpec({ wide: Number(event.target.value) })}>
                {Array.from({ length: MOST_WIDE }, (_, i) => (
                  <option key={i} value={i + 1}>
                    {i + 1} {i ? "columns" : "column"}
                  </option>
                ))}
              </select>
            </label>
            <label>
              Height
              <select value={spec.tall} onChange={(event) => onSpec({ tall: Number(event.target.value) })}>
                {!HEIGHTS.some(([tall]) => tall === spec.tall) && <option value={spec.tall}>{spec.tall} px</option>}
                {HEIGHTS.map(([tall, word]) => (
                  <option key={tall} value={tall}>
                    {word}
                  </option>
                ))}
              </select>
            </label>
            <div className={s.buttons}>
              <Button onClick={() => (onMove(-1), close())}>Earlier</Button>
              <Button onClick={() => (onMove(1), close())}>Later</Button>
              <Button kind="danger" onClick={() => (onSpec(null), close())}>
                Remove
              </Button>
            </div>
          </div>
        )}
      </Opener>
      <span
        className={s.grip}
        draggable
        title="Drag to another place"
        data-grip={id}
        onDragStart={(event) => {
          event.dataTransfer.setData(DRAGGED, id);
          event.dataTransfer.effectAllowed = "move";
        }}
      >
        <Icon name="grip" />
      </span>
    </>
  );
}

interface SlotProps {
  id: string;
  columns: number;
  spec: PanelSpec;
  onDropped: (id: string) => void;
  onSpec: OnSpec;
  children: React.ReactNode;
}

/** Where a chart stands: others can be dropped here, and its corner pulled. */
export function PanelSlot({ id, columns, spec, onDropped, onSpec, children }: SlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const [over, setOver] = useState(false);
  const [size, setSize] = useState<{ wide: number; tall: number } | null>(null);
  const sizeAt = (event: React.PointerEvent) => {
    const area = box.current?.getBoundingClientRect();
    if (!area) return { wide: spec.wide, tall: spec.tall };
    const column = area.width / Math.min(spec.wide, columns);
    const wide = Math.max(1, Math.min(columns, MOST_WIDE, Math.round((event.clientX - area.left) / column)));
    return { wide, tall: Math.max(160, Math.min(900, Math.round((event.clientY - area.top) / 32) * 32)) };
  };
  return (
    <div
      ref={box}
      className={s.slot}
      data-panel={id}
      data-over={over || undefined}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(DRAGGED)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        const dragged = event.dataTransfer.getData(DRAGGED);
        event.preventDefault();
        if (dragged && dragged !== id) onDropped(dragged);
      }}
    >
      {children}
      <div
        className={s.corner}
        title="Pull to resize"
        data-corner={id}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setSize({ wide: spec.wide, tall: spec.tall });
        }}
        onPointerMove={(event) => size && setSize(sizeAt(event))}
        onPointerUp={() => {
          if (size && (size.wide !== spec.wide || size.tall !== spec.tall)) onSpec(size);
          setSize(null);
        }}
      />
      {size && (
        <span className={s.size}>
          {size.wide} × {size.tall} px
        </span>
      )}
    </div>
  );
}
