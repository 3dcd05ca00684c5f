/** Reads server-sent events (text/event-stream) from an answer's body. Not EventSource, which hides the status and cannot be bounded. */

export interface ServerEvent {
  /** `message` if the server names none. */
  readonly event: string;
  readonly data: string;
  /** Where to continue after it; empty if the server has sent no position yet. */
  readonly id: string;
}

/** Characters of one event, which hold the largest object that an API server stores. */
export const maxEventLength = 8 * 1024 * 1024;

/**
 * The events of a body, until it ends.
 *
 * @param onBytes called for whatever comes, also comments: a sign that the connection lives
 * @throws Error for an event that exceeds {@link maxEventLength}; what reading the body throws
 */
export async function* serverEvents(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void = () => undefined,
): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Text in pieces of any size to events. */
export class EventParser {
  /** Pieces of the line that is not complete. */
  #rest: string[] = [];
  #length = 0;
  #event = "message";
  #data: string[] = [];
  #id = "";
  #reported = "";
  #endedWithReturn = false;

  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    // a line may end with \r\n of which the \n comes with the next piece
    const piece = this.#endedWithReturn && text.startsWith("\n") ? text.slice(1) : text;
    if (text !== "") this.#endedWithReturn = text.endsWith("\r");
    const lines = piece.split(/\r\n|\n|\r/);
    for (const [index, part] of lines.entries()) {
      this.#rest.push(part);
      this.#length += part.length;
      if (this.#length > maxEventLength)
        throw new Error(`the server sent an event of more than ${maxEventLength} characters`);
      if (index === lines.length - 1) break;
      const line = this.#rest.join("");
      this.#rest = [];
      const event = this.#line(line);
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  #line(line: string): ServerEvent | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    return undefined;
  }

  #dispatch(): ServerEvent | undefined {
    const event = { event: this.#event === "" ? "message" : this.#event, data: this.#data.join("\n"), id: this.#id };
    // an id alone is a position, of which its reader has to know
    const isEmpty = this.#data.length === 0 && this.#id === this.#reported;
    this.#reported = this.#id;
    this.#event = "message";
    this.#data = [];
    this.#length = 0;
    return isEmpty ? undefined : event;
  }
}
