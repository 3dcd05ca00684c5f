/** Reads what an answer says of its tokens while it passes. */
import { isList, isObject, type JsonObject } from "../runtime/schema/json.js";
import type { ApiFormat } from "./formats/format.js";
import type { Charge } from "./ledger.js";
import { EventData } from "./server-sent-events.js";

/** Bytes of an answer that is not streamed, which is read as a whole. A longer one is passed on and estimated. */
const maxAnswer = 16 * 1024 * 1024;

/** Bytes of text between two notes of what has arrived: more than that is not lost if the gateway is killed. */
const noteEvery = 4_096;

export interface UsageTap {
  push(chunk: Uint8Array): void;
  /** The answer is complete. @returns whether it said what it used */
  end(): boolean;
}

/** @param type content type of the answer */
export function usageTap(type: string, format: ApiFormat, charge: Charge): UsageTap {
  return type.startsWith("text/event-stream") ? new StreamTap(format, charge) : new BodyTap(format, charge);
}

class StreamTap implements UsageTap {
  readonly #events: EventData;
  #hasUsage = false;
  #sinceNote = 0;

  constructor(format: ApiFormat, charge: Charge) {
    this.#events = new EventData((data) => {
      // a stream of OpenAI ends with [DONE]
      const event = data.startsWith("{") ? parsed(data) : undefined;
      if (!isObject(event)) return;
      const length = format.outputLength(event);
      charge.addOutput(length);
      this.#sinceNote += length;
      const usage = format.usage(event);
      if (usage !== undefined) this.#hasUsage = true;
      if (usage === undefined && this.#sinceNote < noteEvery) return;
      this.#sinceNote = 0;
      charge.read(usage ?? {});
    });
  }

  push(chunk: Uint8Array): void {
    this.#events.push(chunk);
  }

  end(): boolean {
    return this.#hasUsage;
  }
}

class BodyTap implements UsageTap {
  readonly #format: ApiFormat;
  readonly #charge: Charge;
  #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(format: ApiFormat, charge: Charge) {
    this.#format = format;
    this.#charge = charge;
  }

  push(chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (this.#size > maxAnswer) this.#chunks = [];
    else this.#chunks.push(chunk);
  }

  end(): boolean {
    if (this.#size > maxAnswer) return false;
    const answer = parsed(Buffer.concat(this.#chunks).toString("utf8"));
    // Gemini streams a list of answers unless the request asks for events; the last one has the totals
    const answers = (isList(answer) ? answer : [answer]).filter((each): each is JsonObject => isObject(each));
    const found = answers.map((each) => this.#format.usage(each)).filter((each) => each !== undefined);
    for (const usage of found.slice(-1)) this.#charge.read(usage);
    return found.length > 0;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
