/** Reads the data of server-sent events while they pass, without changing or delaying a byte. */
import { StringDecoder } from "node:string_decoder";

/** Characters of one event. A larger one is skipped: those that say what was used are small. */
const maxEvent = 1024 * 1024;

/** As https://html.spec.whatwg.org/multipage/server-sent-events.html, of which only `data` matters here. */
export class EventData {
  readonly #decoder = new StringDecoder("utf8");
  readonly #read: (data: string) => void;
  #line = "";
  #data: string[] = [];
  #size = 0;
  #skipsLine = false;
  #skipsEvent = false;
  #endedWithReturn = false;

  /** @param read called with the data of each event, lines joined by a line feed */
  constructor(read: (data: string) => void) {
    this.#read = read;
  }

  push(chunk: Uint8Array): void {
    let text = this.#decoder.write(chunk);
    if (text === "") return;
    const isSecondHalf = this.#endedWithReturn && text.startsWith("\n");
    this.#endedWithReturn = text.endsWith("\r");
    if (isSecondHalf) text = text.slice(1);
    const lines = text.split(/\r\n|\n|\r/);
    const last = lines.pop() ?? "";
    for (const line of lines) {
      this.#add(line);
      this.#endLine();
    }
    this.#add(last);
  }

  #add(part: string): void {
    this.#size += part.length;
    if (this.#size > maxEvent) {
      this.#skipsEvent = true;
      this.#data = [];
      this.#line = "";
      this.#skipsLine = this.#skipsLine || part !== "";
    } else this.#line += part;
  }

  #endLine(): void {
    const line = this.#line;
    const isEmpty = line === "" && !this.#skipsLine;
    this.#line = "";
    this.#skipsLine = false;
    if (!isEmpty) {
      if (line.startsWith("data:")) this.#data.push(line.slice(line[5] === " " ? 6 : 5));
      return;
    }
    const data = this.#data;
    const isWanted = !this.#skipsEvent && data.length > 0;
    this.#data = [];
    this.#size = 0;
    this.#skipsEvent = false;
    if (isWanted) this.#read(data.join("\n"));
  }
}
