import { useState } from "react";
import { Button } from "../../../ui/Button";
import { Empty } from "../../../ui/Empty";
import s from "../Artifacts.module.css";

const STEP = 1.5;
const [LEAST, MOST] = [0.1, 20];

/** A picture, SVG too: as a picture no script of it runs. `+`, `-` and `0` zoom; the box scrolls. */
export function Picture({ source, path }: { source: string; path: string }) {
  const [broken, setBroken] = useState(false);
  const [size, setSize] = useState<readonly [number, number] | null>(null);
  const [zoom, setZoom] = useState<number | null>(null);
  const to = (factor: number) => setZoom((old) => Math.min(MOST, Math.max(LEAST, (old ?? 1) * factor)));
  if (broken) {
    return (
      <Empty icon="file" title="This picture cannot be shown">
        <p>
          <code>{path}</code> is broken, or no picture.
        </p>
      </Empty>
    );
  }
  return (
    <div
      onKeyDown={(event) => {
        if (event.key === "+" || event.key === "=") to(STEP);
        else if (event.key === "-") to(1 / STEP);
        else if (event.key === "0") setZoom(null);
        else return;
        event.stopPropagation();
      }}
    >
      <div className={s.find} data-screen-only>
        <Button onClick={() => to(STEP)} aria-label="Larger (+)">
          +
        </Button>
        <Button onClick={() => to(1 / STEP)} aria-label="Smaller (-)">
          −
        </Button>
        <Button onClick={() => setZoom(null)}>Fit</Button>
        <span role="status">
          {size && `${size[0]} × ${size[1]} pixels`}
          {zoom !== null && `, ${Math.round(zoom * 100)} %`}
        </span>
      </div>
      <div className={s.image} data-zoomed={zoom !== null || undefined}>
        <img
          src={source}
          alt={path}
          onError={() => setBroken(true)}
          onLoad={(event) => setSize([event.currentTarget.naturalWidth, event.currentTarget.naturalHeight])}
          style={zoom !== null && size ? { width: Math.max(1, size[0] * zoom), maxWidth: "none", imageRendering: zoom > 2 ? "pixelated" : "auto" } : undefined}
        />
      </div>
    </div>
  );
}
