import { useState } from "react";
import { buttonClass } from "./Button";
import { Icon } from "./Icon";
import { say } from "./Toasts";

export async function copyText(text: string, what: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    say(`The browser did not let the page copy ${what}. It is: ${text.slice(0, 200)}`, { tone: "error" });
    return false;
  }
}

/** A button that copies, and says that it did. */
export function CopyButton({ text, what, word }: { text: string; what: string; word?: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    if (!(await copyText(text, what))) return;
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  const label = done ? "Copied" : `Copy ${what}`;
  return (
    <button
      type="button"
      className={buttonClass(word ? "plain" : "quiet", !word)}
      onClick={() => void copy()}
      aria-label={word ? undefined : label}
      title={label}
    >
      <Icon name={done ? "check" : "copy"} />
      {word && (done ? "Copied" : word)}
    </button>
  );
}
