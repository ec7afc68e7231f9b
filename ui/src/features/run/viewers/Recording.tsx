import { useEffect, useRef, useState } from "react";
import { Empty } from "../../../ui/Empty";
import s from "../Artifacts.module.css";

/** Sound or film, played by the browser as far as it can. */
export function Recording({ source, path }: { source: string; path: string }) {
  const [broken, setBroken] = useState(false);
  const player = useRef<HTMLVideoElement & HTMLAudioElement>(null);
  // It loads from when it is made, and may have failed before it stands in the page, where React hears of it.
  useEffect(() => {
    if (player.current?.error) setBroken(true);
  }, []);
  if (broken) {
    return (
      <Empty icon="file" title="This browser cannot play it">
        <p>
          <code>{path}</code> is broken, or recorded in a way that the browser does not know. Download it to open it elsewhere.
        </p>
      </Empty>
    );
  }
  const common = { ref: player, src: source, controls: true, "aria-label": path, onError: () => setBroken(true) };
  return <div className={s.image}>{/\.(mp4|webm|mov)$/i.test(path) ? <video {...common} style={{ maxWidth: "100%" }} /> : <audio {...common} />}</div>;
}
