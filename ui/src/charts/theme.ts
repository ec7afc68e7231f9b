/** Colours as the page has them now, or as paper wants them. */

/** `var(--run-3)`, `--line` or a plain colour to a plain colour; what was read is remembered. */
export function colourReader(element: Element): (name: string) => string {
  const style = getComputedStyle(element);
  const known = new Map<string, string>();
  return (name) => {
    let colour = known.get(name);
    if (colour === undefined) {
      const variable = name.startsWith("var(") ? name.slice(4, -1) : name;
      colour = variable.startsWith("--") ? style.getPropertyValue(variable).trim() : name;
      known.set(name, colour);
    }
    return colour;
  };
}

/** The light theme's colours, whatever theme the page has: for files that end on paper. Read at once, nothing is painted between. */
export function paperColours(names: readonly string[]): ReadonlyMap<string, string> {
  const root = document.documentElement;
  const before = root.dataset["theme"];
  root.dataset["theme"] = "light";
  const read = colourReader(root);
  const found = new Map(names.map((name) => [name, read(name)]));
  if (before === undefined) delete root.dataset["theme"];
  else root.dataset["theme"] = before;
  return found;
}
