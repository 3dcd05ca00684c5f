import { createReadStream, statSync } from "node:fs";
import { createInterface } from "node:readline";

interface Entry {
  readonly stage: string;
  readonly verb: string;
  readonly objectRef?: { readonly namespace?: string; readonly resource: string; readonly subresource?: string };
}

/** Number of requests of an operator, by `verb resource`, from the API server's audit log. */
export class AuditCount {
  readonly #file: string;
  readonly #namespace: string;
  readonly #user: string;
  readonly #from: number;

  /** Starts counting. */
  constructor(
    file: string,
    { namespace, serviceAccount }: { readonly namespace: string; readonly serviceAccount: string },
  ) {
    this.#file = file;
    this.#user = `system:serviceaccount:orchestrator:${serviceAccount}`;
    this.#namespace = namespace;
    this.#from = statSync(file).size;
  }

  async read(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for await (const line of createInterface({ input: createReadStream(this.#file, { start: this.#from }) })) {
      if (!line.includes(`"${this.#user}"`)) continue;
      let entry: Entry;
      try {
        entry = JSON.parse(line) as Entry;
      } catch {
        continue; // the last line is being written
      }
      const { stage, verb, objectRef } = entry;
      if (stage !== "ResponseComplete" || objectRef?.namespace !== this.#namespace || verb === "watch") continue;
      const what = `${verb} ${objectRef.resource}${objectRef.subresource === undefined ? "" : `/${objectRef.subresource}`}`;
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
    return counts;
  }
}
