/** The one file that talks to the network. */

import { hearClock } from "../lib/clock";
import { connection, setConnection } from "./connection";
import { entered, setShut } from "./door";
import type { ChangesEvent, Error as ErrorBody } from "./schema.gen";

const ROOT = new URL("api/runstone/v1/", document.baseURI);

/** An answer that says no. `status` 0: there was no answer at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: ErrorBody;

  constructor(status: number, body: ErrorBody) {
    super(body.message);
    this.status = status;
    this.body = body;
  }

  get away(): boolean {
    return this.status === 0 || (this.status >= 502 && this.status <= 504);
  }
}

type Query = Record<string, string | number | boolean | undefined>;

export function address(path: string, query: Query = {}): string {
  const url = new URL(path, ROOT);
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== "" && value !== false) url.searchParams.set(key, String(value));
  }
  return url.href;
}

interface Asking {
  query?: Query;
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  body?: unknown;
  signal?: AbortSignal | undefined;
}

async function send(path: string, asking: Asking): Promise<Response> {
  const { query, method = "GET", body, signal } = asking;
  const before = entered();
  let response: Response;
  try {
    response = await fetch(address(path, query), {
      method,
      signal: signal ?? null,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    });
  } catch (trouble) {
    if (signal?.aborted) throw trouble;
    markAway();
    throw new ApiError(0, { error_code: "UNREACHABLE", message: "The server does not answer." });
  }
  hearClock(response.headers.get("date"));
  if (response.ok) return response;
  const error = new ApiError(response.status, await errorBody(response));
  if (error.away) markAway();
  if (response.status === 401 && path !== "session") {
    error.message = "Sign in first."; // what the server says tells programs of their settings
    if (before === entered()) setShut(true);
    // Nobody was there yet when it was asked. A change is not repeated: whoever came in may be somebody else.
    else if (method === "GET" || signal) return send(path, asking);
  }
  throw error;
}

async function errorBody(response: Response): Promise<ErrorBody> {
  try {
    const body = (await response.json()) as Partial<ErrorBody>;
    if (typeof body.message === "string") return { error_code: "ERROR", ...body, message: body.message };
  } catch {
    // Not ours: a proxy's page, perhaps.
  }
  return { error_code: "HTTP_ERROR", message: `The server answered ${response.status} ${response.statusText}`.trim() };
}

function markAway(): void {
  if (connection().state !== "away") setConnection({ state: "away", since: Date.now(), retryAt: Date.now() + 1000 });
}

/** Ask and read JSON. Throws ApiError, or an abort of `signal`. */
export async function ask<Answer>(path: string, asking: Asking = {}): Promise<Answer> {
  const response = await send(path, asking);
  try {
    return (await response.json()) as Answer;
  } catch (trouble) {
    if (!(trouble instanceof SyntaxError)) throw trouble;
    throw new ApiError(response.status, { error_code: "NOT_JSON", message: "What answered is not this server: a proxy or a sign-in page on the way, perhaps." });
  }
}

/** Let the browser save an answer, under the name that the server gives it. */
export async function saveFile(path: string, query: Query): Promise<void> {
  await save(await send(path, { query }));
}

/** The same for an answer to a question that no address can hold. */
export async function savePosted(path: string, body: unknown): Promise<void> {
  await save(await send(path, { method: "POST", body }));
}

async function save(response: Response): Promise<void> {
  const name = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = decodeURIComponent(name ?? "runs.html");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export interface TextPiece {
  text: string;
  /** The file goes on after this. */
  cut: boolean;
}

/** The first `limit` bytes of a file as text. */
export async function readText(path: string, query: Query, limit: number, signal?: AbortSignal): Promise<TextPiece> {
  const response = await send(path, { query, signal });
  const reader = response.body?.getReader();
  if (!reader) return { text: await response.text(), cut: false };
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), cut: false };
    const room = limit - size;
    text += decoder.decode(value.length > room ? value.subarray(0, room) : value, { stream: true });
    size += value.length;
    if (size > limit) {
      void reader.cancel();
      return { text, cut: true };
    }
  }
}

/** A whole file as bytes of the type that is given, whatever the server calls it. */
export async function readBlob(path: string, query: Query, type: string, signal?: AbortSignal): Promise<Blob> {
  const response = await send(path, { query, signal });
  return new Blob([await response.arrayBuffer()], { type });
}

export interface Listener {
  open(): void;
  changes(event: ChangesEvent): void;
  /** The stream broke; nothing comes until it is opened again. */
  lost(): void;
}

/** Listen to what changes after `cursor`. Returns how to stop. */
export function listen(cursor: number | undefined, listener: Listener): () => void {
  const source = new EventSource(address("events", { cursor }));
  source.addEventListener("open", () => listener.open());
  source.addEventListener("changes", (event) => listener.changes(JSON.parse(String(event.data)) as ChangesEvent));
  source.addEventListener("error", () => {
    source.close();
    listener.lost();
  });
  return () => source.close();
}
