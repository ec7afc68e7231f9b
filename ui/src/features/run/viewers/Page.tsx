import { useState } from "react";
import s from "../Artifacts.module.css";

/**
 * An HTML file in a frame with an origin of its own. Without scripts unless the reader wants them (a chart that was logged
 * draws itself); even then the server's policy lets them reach no network, and nothing of this page.
 */
export function Page({ source, path }: { source: string; path: string }) {
  const [scripts, setScripts] = useState(false);
  return (
    <>
      <label className={s.find} data-screen-only>
        <input type="checkbox" checked={scripts} onChange={(event) => setScripts(event.target.checked)} /> let its scripts run, shut off from this page and
        the network
      </label>
      <iframe key={String(scripts)} className={s.frame} src={source} sandbox={scripts ? "allow-scripts" : ""} title={path} referrerPolicy="no-referrer" />
    </>
  );
}
