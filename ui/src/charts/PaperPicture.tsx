/** A chart on paper: the picture that is saved as a file, in lines instead of dots, as wide as there is room. */

import { useLayoutEffect, useRef } from "react";
import s from "./ChartCard.module.css";
import type { Picture } from "./picture";

/** The card has a title of its own. */
const TITLE = 24;

export function PaperPicture({ picture: { svg: text, width, height } }: { picture: Picture }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    // XML of ours in which names are escaped; colours stay variables, which are those of paper by now
    const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    svg.setAttribute("viewBox", `0 ${TITLE} ${width} ${height - TITLE}`);
    svg.querySelector("rect")?.remove(); // the ground of a file
    for (const name of ["width", "height"]) svg.removeAttribute(name);
    box.current?.replaceChildren(document.importNode(svg, true));
  }, [text, width, height]);
  return <div ref={box} className={s.paper} data-testid="paper-chart" />;
}
