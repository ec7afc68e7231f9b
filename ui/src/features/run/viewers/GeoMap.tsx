import { useMemo, useState } from "react";
import { drawGeo, type Shape } from "../../../lib/content/geo";
import { plural } from "../../../lib/format";
import { Json } from "../../../ui/content/Json";
import s from "../Artifacts.module.css";

const LAYERS: readonly Shape["kind"][] = ["area", "line", "point"];

/** Whatever the order of the file, no area lies over a line or a point. */
const inOrder = (shapes: readonly Shape[]) => [...shapes].sort((a, b) => LAYERS.indexOf(a.kind) - LAYERS.indexOf(b.kind));

/** GeoJSON drawn without a map beneath: nothing is fetched. */
export function GeoMap({ text }: { text: string }) {
  const [source, setSource] = useState(false);
  const drawing = useMemo(() => {
    try {
      return drawGeo(JSON.parse(text));
    } catch {
      return null;
    }
  }, [text]);
  if (!drawing) return <Json text={text} />;
  const [west, south, east, north] = drawing.bounds.map((degrees) => degrees.toFixed(3));
  return (
    <>
      <label className={s.find} data-screen-only>
        <input type="checkbox" checked={source} onChange={(event) => setSource(event.target.checked)} /> as JSON
      </label>
      {source ? (
        <Json text={text} />
      ) : (
        <figure className={s.map}>
          <svg
            viewBox={`-10 -10 ${drawing.width + 20} ${drawing.height + 20}`}
            role="img"
            aria-label={`${plural(drawing.shapes.length, "shape")} from longitude ${west} to ${east}, latitude ${south} to ${north}`}
          >
            {inOrder(drawing.shapes).map((shape, i) =>
              shape.kind === "point" ? (
                <circle key={i} cx={shape.x} cy={shape.y} r={5}>
                  <title>{shape.label}</title>
                </circle>
              ) : (
                <path key={i} d={shape.path} data-kind={shape.kind}>
                  <title>{shape.label}</title>
                </path>
              ),
            )}
          </svg>
          <figcaption>
            {plural(drawing.features, "feature")}, {west}° to {east}° east, {south}° to {north}° north
            {drawing.left > 0 && `; ${plural(drawing.left, "corner")} more are not drawn`}
          </figcaption>
        </figure>
      )}
    </>
  );
}
