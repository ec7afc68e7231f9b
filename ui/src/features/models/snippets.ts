/** Lines to copy for a version: how to load, serve and ask it. Pure. */

/** `models:/iris@champion`, or by number where no alias stands for the version. */
export function modelUri(name: string, version: number, alias?: string): string {
  return alias ? `models:/${name}@${alias}` : `models:/${name}/${version}`;
}

/** A Python text; JSON's escapes are Python's. */
const python = (text: string) => JSON.stringify(text);

/** One word for a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export function loadCode(server: string, uri: string): string {
  return [
    "import runstone",
    "",
    `runstone.set_tracking_uri(${python(server)})`,
    `model = runstone.pyfunc.load_model(${python(uri)})`,
    "predictions = model.predict(data)",
  ].join("\n");
}

export function serveCode(server: string, uri: string, follow: boolean): string {
  return [
    `export RUNSTONE_TRACKING_URI=${shellWord(server)}`,
    `runstone models serve -m ${shellWord(uri)} -p 8000${follow ? " --follow-alias" : ""}`,
  ].join("\n");
}

/** `example`: the request that was logged with the model, as JSON. */
export function askCode(example: string, columns: readonly string[]): string {
  const body = shortExample(example) ?? JSON.stringify({ dataframe_split: { columns, data: [columns.map(() => null)] } });
  return `curl -X POST localhost:8000/invocations -H 'Content-Type: application/json' \\\n  -d ${shellWord(body)}`;
}

function shortExample(example: string): string | null {
  try {
    const text = JSON.stringify(JSON.parse(example));
    return text.length <= 2000 ? text : null;
  } catch {
    return null;
  }
}
