/** Which theme this browser chose. The page's root carries it; a script in index.html sets it before the first paint. */

export const THEMES = ["system", "light", "dark", "contrast"] as const;
export type Theme = (typeof THEMES)[number];

const NAME = "runstone.theme";

export function theme(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  return THEMES.find((one) => one === chosen) ?? "system";
}

/** Takes effect at once; charts hear of it by the event `themechange` on the window. */
export function setTheme(chosen: Theme): void {
  if (chosen === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = chosen;
  try {
    localStorage.setItem(NAME, chosen);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
  window.dispatchEvent(new Event("themechange"));
}
