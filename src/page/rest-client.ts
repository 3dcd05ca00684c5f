/** Calls of the REST API. The session's cookie, or a proxy in front, says who calls. */
import { serverEvents, type ServerEvent } from "./event-stream.js";

/** What the server refuses (RFC 9457), or that it cannot be reached (status 0). The message is for the person at the page. */
export class RestError extends Error {
  override readonly name = "RestError";
  /** HTTP status; 0 without an answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Called whenever the server says that nobody is signed in. */
let signedOut: () => void = () => undefined;

export function onSignedOut(listener: () => void): void {
  signedOut = listener;
}

export interface CallOptions {
  readonly method?: "GET" | "POST" | "DELETE";
  /** Sent as JSON. */
  readonly body?: object;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

/** The JSON of an answer; undefined for one without content. @throws RestError; the signal's reason */
export async function call<T>(path: string, options: CallOptions = {}): Promise<T> {
  const answer = await send(path, options);
  const text = await answer.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** Milliseconds without a sign of the server, which sends a comment more often, after which a stream counts as broken. */
const silence = 75_000;

/** The events of a stream until it ends. @param onOpen called once the server has accepted. @throws RestError; the signal's reason */
export async function* stream(path: string, signal: AbortSignal, onOpen: () => void): AsyncGenerator<ServerEvent> {
  const watchdog = new AbortController();
  const answer = await send(path, {
    accept: "text/event-stream",
    signal: AbortSignal.any([signal, watchdog.signal]),
  });
  if (answer.body === null) throw new RestError(0, "the server's answer has no content");
  onOpen();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => watchdog.abort(new RestError(0, "the server went silent")), silence);
  };
  alive();
  try {
    yield* serverEvents(answer.body, alive);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof RestError ? error : new RestError(0, "the connection to the server was lost");
  } finally {
    clearTimeout(timer);
  }
}

async function send(path: string, { method = "GET", body, accept, signal }: CallOptions): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      headers: {
        accept: accept ?? "application/json",
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      cache: "no-store",
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
  } catch {
    signal?.throwIfAborted();
    throw new RestError(0, "the server cannot be reached");
  }
  if (answer.ok) return answer;
  const message = await problemText(answer);
  if (answer.status === 401) signedOut();
  throw new RestError(answer.status, message);
}

/** The error that the last event of a stream tells of. */
export function problemOf(data: string): RestError {
  const { status, detail } = JSON.parse(data) as { readonly status?: unknown; readonly detail?: unknown };
  return new RestError(Number(status), typeof detail === "string" ? detail.slice(0, 2_000) : "the stream failed");
}

/** The detail of a problem; for other answers, such as those of a proxy, their status. */
async function problemText(answer: Response): Promise<string> {
  const otherwise = `the server answers ${answer.status}${answer.statusText === "" ? "" : ` ${answer.statusText}`}`;
  if (!/[/+]json/.test(answer.headers.get("content-type") ?? "")) return otherwise;
  try {
    const { detail } = (await answer.json()) as { readonly detail?: unknown };
    return typeof detail === "string" && detail !== "" ? detail.slice(0, 2_000) : otherwise;
  } catch {
    return otherwise;
  }
}

/** A path of the API with its parts encoded. */
export function apiPath(...parts: readonly string[]): string {
  return `/api/v1/${parts.map(encodeURIComponent).join("/")}`;
}

/** `?name=value` for what has a value. */
export function query(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) parameters.set(name, String(value));
  return parameters.size === 0 ? "" : `?${parameters.toString()}`;
}
