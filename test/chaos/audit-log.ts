/** The API server's requests, from its audit log. */
import { open } from "node:fs/promises";

/** One completed request: the fields that tests use. */
export interface AuditEntry {
  readonly verb: string;
  readonly userAgent: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** HTTP status. */
  readonly code: number;
  /** Microseconds since the epoch: when the server began with it. */
  readonly received: number;
  /** Microseconds since the epoch: when the answer was complete. */
  readonly answered: number;
}

interface RawEntry {
  readonly stage?: string;
  readonly verb?: string;
  readonly userAgent?: string;
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp?: string;
  readonly stageTimestamp?: string;
}

/** Reads an audit log as it grows, and keeps the selected entries. */
export class AuditLog {
  readonly entries: AuditEntry[] = [];
  #offset = 0;
  #rest = "";

  constructor(
    private readonly file: string,
    private readonly wanted: (entry: AuditEntry) => boolean,
  ) {}

  /** Reads the entries since the last call. */
  async read(): Promise<readonly AuditEntry[]> {
    const file = await open(this.file, "r");
    try {
      // the server has begun a new file; what the end of the old one held is lost to us, and few lines
      if ((await file.stat()).size < this.#offset) {
        this.#offset = 0;
        this.#rest = "";
      }
      const chunk = Buffer.alloc(1 << 20);
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, chunk.length, this.#offset);
        if (bytesRead === 0) return this.entries;
        this.#offset += bytesRead;
        const lines = (this.#rest + chunk.toString("latin1", 0, bytesRead)).split("\n");
        this.#rest = lines.pop() ?? "";
        for (const line of lines) {
          const entry = readEntry(line);
          if (entry !== undefined && this.wanted(entry)) this.entries.push(entry);
        }
      }
    } finally {
      await file.close();
    }
  }
}

function readEntry(line: string): AuditEntry | undefined {
  if (line === "") return undefined;
  const raw = JSON.parse(line) as RawEntry;
  if (raw.stage !== "ResponseComplete") return undefined;
  return {
    verb: raw.verb ?? "",
    userAgent: raw.userAgent ?? "",
    resource: raw.objectRef?.resource ?? "",
    namespace: raw.objectRef?.namespace ?? "",
    name: raw.objectRef?.name ?? "",
    code: raw.responseStatus?.code ?? 0,
    received: microseconds(raw.requestReceivedTimestamp ?? ""),
    answered: microseconds(raw.stageTimestamp ?? ""),
  };
}

/** Microseconds of `2026-01-02T03:04:05.678901Z`: a Date has only milliseconds. */
function microseconds(time: string): number {
  const [seconds = "", fraction = ""] = time.replace("Z", "").split(".");
  return Date.parse(`${seconds}Z`) * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}
