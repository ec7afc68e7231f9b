/** Which viewer fits a file, by its name. Pure. */

export type Viewer = "image" | "json" | "geo" | "sheet" | "preview" | "model" | "markdown" | "page" | "pdf" | "text" | "media" | "none";

const ENDINGS: readonly (readonly [Viewer, RegExp])[] = [
  ["model", /(^|\/)MLmodel$/],
  ["image", /\.(png|jpe?g|gif|webp|svg|bmp|avif|ico)$/i],
  ["geo", /\.geojson$/i],
  ["json", /\.(json|ipynb)$/i],
  ["preview", /\.(parquet|pq|npy|npz)$/i],
  ["markdown", /\.(md|markdown)$/i],
  ["page", /\.html?$/i],
  ["pdf", /\.pdf$/i],
  ["sheet", /\.(csv|tsv)$/i],
  ["media", /\.(mp3|wav|ogg|flac|m4a|mp4|webm|mov)$/i],
  [
    "text",
    /\.(txt|rst|log|ya?ml|toml|ini|cfg|conf|py|r|sh|sql|js|ts|tsx|css|xml|env|lock|diff|patch|jsonl|properties|tex|c|h|cpp|java|go|rs)$/i,
  ],
  ["text", /(^|\/)(MLproject|Dockerfile|Makefile|LICENSE|README|requirements|python_env)[^/]*$/],
];

export function viewerOf(path: string): Viewer {
  return ENDINGS.find(([, ending]) => ending.test(path))?.[0] ?? "none";
}

export function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** "a/b/c.txt" → "a", "a/b" */
export function foldersOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}
