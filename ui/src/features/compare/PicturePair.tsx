/** The same picture of several runs: side by side, wiped over each other, in turn, or as their difference. */

import { useEffect, useRef, useState } from "react";
import { artifactAddress } from "../../api/artifacts";
import type { ComparedRun } from "../../api/schema.gen";
import { formatNumber } from "../../lib/format";
import { Button } from "../../ui/Button";
import f from "./Files.module.css";
import { nameOf } from "./Matrix";

const LOOKS = [
  ["side", "Side by side"],
  ["swipe", "Swipe"],
  ["blink", "Blink"],
  ["difference", "Difference"],
] as const;

type Look = (typeof LOOKS)[number][0];

/** Pictures side by side at most. */
const MOST = 24;
/** Milliseconds for which one is seen: well below three flashes a second. */
const TURN = 900;
/** Pixels that a difference is worked out of at most, along one side. */
const SIDE = 2_000;

interface Props {
  path: string;
  names: readonly [string, string];
  runs: readonly ComparedRun[];
  pair: readonly [ComparedRun, ComparedRun];
  look: string;
  onLook: (look: string) => void;
}

export function PicturePair({ path, names, runs, pair, look, onLook }: Props) {
  const shown: Look = LOOKS.find(([one]) => one === look)?.[0] ?? "side";
  const sources = [artifactAddress(pair[0].info.run_id, path), artifactAddress(pair[1].info.run_id, path)] as const;
  return (
    <>
      <div className={f.tools} role="group" aria-label="How the pictures are compared">
        {LOOKS.map(([one, word]) => (
          <Button key={one} kind={one === shown ? "primary" : "plain"} aria-pressed={one === shown} onClick={() => onLook(one === "side" ? "" : one)}>
            {word}
          </Button>
        ))}
      </div>
      {shown === "side" && <Side path={path} runs={[...pair, ...runs.filter((run) => !pair.includes(run))].slice(0, MOST)} />}
      {shown === "swipe" && <Swipe {...{ sources, names }} />}
      {shown === "blink" && <Blink {...{ sources, names }} />}
      {shown === "difference" && <Difference key={sources.join()} {...{ sources, names }} />}
    </>
  );
}

interface Two {
  sources: readonly [string, string];
  names: readonly [string, string];
}

function Side({ path, runs }: { path: string; runs: readonly ComparedRun[] }) {
  return (
    <div className={f.pictures}>
      {runs.map((run) => (
        <figure key={run.info.run_id}>
          <figcaption dir="auto">{nameOf(run)}</figcaption>
          <Shown source={artifactAddress(run.info.run_id, path)} alt={`${path} of ${nameOf(run)}`} />
        </figure>
      ))}
    </div>
  );
}

function Shown({ source, alt }: { source: string; alt: string }) {
  const [broken, setBroken] = useState(false);
  if (broken) return <p className={f.missing}>no such picture</p>;
  return <img src={source} alt={alt} onError={() => setBroken(true)} />;
}

function Swipe({ sources, names }: Two) {
  const [share, setShare] = useState(50);
  return (
    <>
      <label className={f.tools}>
        {names[0]}
        <input type="range" aria-label="How much of the second picture is covered" min={0} max={100} value={share} onChange={(event) => setShare(Number(event.target.value))} />
        {names[1]}
      </label>
      <div className={f.stack}>
        <img src={sources[1]} alt={names[1]} />
        <img src={sources[0]} alt={names[0]} style={{ clipPath: `inset(0 ${100 - share}% 0 0)` }} />
        <i style={{ left: `${share}%` }} aria-hidden="true" />
      </div>
    </>
  );
}

function Blink({ sources, names }: Two) {
  const [second, setSecond] = useState(false);
  const [runs, setRuns] = useState(() => !matchMedia("(prefers-reduced-motion: reduce)").matches);
  useEffect(() => {
    if (!runs) return;
    const timer = setInterval(() => setSecond((old) => !old), TURN);
    return () => clearInterval(timer);
  }, [runs]);
  return (
    <>
      <div className={f.tools}>
        <Button onClick={() => setRuns(!runs)}>{runs ? "Pause" : "Play"}</Button>
        <Button onClick={() => setSecond(!second)}>Switch</Button>
        <b data-testid="blink">{second ? names[1] : names[0]}</b>
      </div>
      <div className={f.stack}>
        {sources.map((source, i) => (
          <img key={i} src={source} alt={names[i]} style={{ visibility: (i === 1) === second ? "visible" : "hidden" }} />
        ))}
      </div>
    </>
  );
}

/** Black where both are the same; the words say how much is not. */
function Difference({ sources, names }: Two) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [words, setWords] = useState("");
  useEffect(() => {
    let stopped = false;
    void Promise.all(sources.map(loaded))
      .then(([a, b]) => {
        if (!stopped && canvas.current && a && b) setWords(subtract(canvas.current, a, b));
      })
      .catch(() => !stopped && setWords("One of the pictures is missing or broken."));
    return () => {
      stopped = true;
    };
  }, [sources]);
  return (
    <>
      <p role="status">{words}</p>
      <div className={f.stack}>
        <canvas ref={canvas} role="img" aria-label={`Difference of ${names[0]} and ${names[1]}`} width={1} height={1} />
      </div>
    </>
  );
}

async function loaded(source: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = source;
  await image.decode();
  return image;
}

function subtract(canvas: HTMLCanvasElement, a: HTMLImageElement, b: HTMLImageElement): string {
  const [width, height] = [Math.max(a.naturalWidth, b.naturalWidth) || 300, Math.max(a.naturalHeight, b.naturalHeight) || 300];
  const scale = Math.min(1, SIDE / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const paint = canvas.getContext("2d", { willReadFrequently: true });
  if (!paint) return "";
  paint.fillStyle = "#000";
  paint.fillRect(0, 0, canvas.width, canvas.height);
  paint.drawImage(a, 0, 0, canvas.width, canvas.height);
  paint.globalCompositeOperation = "difference";
  paint.drawImage(b, 0, 0, canvas.width, canvas.height);
  const pixels = paint.getImageData(0, 0, canvas.width, canvas.height).data;
  let differ = 0;
  let most = 0;
  for (let i = 0; i < pixels.length; i += 4) {
    const one = Math.max(pixels[i] ?? 0, pixels[i + 1] ?? 0, pixels[i + 2] ?? 0);
    if (one > 0) differ += 1;
    if (one > most) most = one;
  }
  const sizes = a.naturalWidth === b.naturalWidth && a.naturalHeight === b.naturalHeight ? "" : ` Their sizes differ (${a.naturalWidth} × ${a.naturalHeight}, ${b.naturalWidth} × ${b.naturalHeight}), so both were stretched.`;
  if (differ === 0) return `Every pixel is the same.${sizes}`;
  return `${formatNumber((100 * differ) / (pixels.length / 4), 2)} % of the pixels differ, the strongest by ${most} of 255.${sizes}`;
}
