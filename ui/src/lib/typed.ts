/** What is typed while the field that it is meant for is on its way. */

let text = "";

const keep = (event: KeyboardEvent) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.key.length > 1) return;
  event.preventDefault();
  event.stopPropagation();
  text += event.key;
};

/** From now on, until what this returns is called. No key means anything else meanwhile. */
export function keepTyped(): () => void {
  text = "";
  window.addEventListener("keydown", keep, true);
  return () => window.removeEventListener("keydown", keep, true);
}

/** What was kept. */
export const typed = (): string => text;

export const forgetTyped = (): void => {
  text = "";
};
