/** The archive of `orchestrator server`, by its REST API. */
import type { ArchivedRun } from "../../archive/archived-run.js";
import type { ArchivedTranscript } from "../../archive/archived-transcript.js";
import { runTypes } from "../../operations/any-run.js";
import type { ArchivedSummary } from "../../operations/archived-runs.js";
import type { components } from "../../server/generated/rest.js";
import type { ArchivedReference, ArchivedRuns, RunType } from "./runs.js";
import type { ServerClient } from "./server-client.js";

type ArchivedRunList = components["schemas"]["ArchivedRunList"];

/** The most that the server gives. */
const pageSize = 1_000;

export class ServerArchive implements ArchivedRuns {
  readonly #server: ServerClient;
  readonly #path: string;

  constructor(server: ServerClient, namespace: string) {
    this.#server = server;
    this.#path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/archived-runs`;
  }

  async *list(types: readonly RunType[], name?: string): AsyncGenerator<ArchivedSummary> {
    for (let token: string | undefined = ""; token !== undefined;) {
      const query = new URLSearchParams();
      for (const { kind } of types) query.append("kind", kind.toLowerCase());
      query.set("limit", String(pageSize));
      if (name !== undefined) query.set("name", name);
      if (token !== "") query.set("continue", token);
      const page: Partial<ArchivedRunList> = await this.#server.send("GET", `${this.#path}?${query.toString()}`);
      yield* page.items ?? [];
      token = page.continue;
    }
  }

  async get(run: ArchivedReference): Promise<ArchivedRun> {
    return (await this.#server.send("GET", this.#pathOf(run))) as unknown as ArchivedRun;
  }

  async transcript(run: ArchivedReference, attempt: number): Promise<ArchivedTranscript> {
    return (await this.#server.send(
      "GET",
      `${this.#pathOf(run)}/transcripts/${attempt}`,
    )) as unknown as ArchivedTranscript;
  }

  #pathOf({ kind, name, uid }: ArchivedReference): string {
    const plural = runTypes.find((type) => type.kind === kind)?.plural ?? "";
    return `${this.#path}/${[plural, name, uid].map(encodeURIComponent).join("/")}`;
  }
}
