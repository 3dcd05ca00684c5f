/** The archive that the configuration in force names, read with the caller's own credentials for it. */
import type { ArchivedRun } from "../../archive/archived-run.js";
import type { ArchivedTranscript } from "../../archive/archived-transcript.js";
import type { ArchiveKey, ArchiveStore } from "../../archive/archive-store.js";
import { openStore } from "../../archive/open-store.js";
import { configure } from "../../configuration/parse.js";
import { runTypes } from "../../operations/any-run.js";
import {
  archivedPage,
  archivedRun,
  archivedTranscript,
  type ArchivedPage,
  type ArchivedSummary,
} from "../../operations/archived-runs.js";
import { OperationError } from "../../operations/operation-error.js";
import { errorText } from "../../runtime/error-text.js";
import type { HttpClient } from "../../runtime/client/http.js";
import { operatorNamespace, readInForceReport } from "../cluster-configuration.js";
import type { ArchivedReference, ArchivedRuns, RunType } from "./runs.js";

/** Runs of one page. */
const pageSize = 1_000;

const signal = new AbortController().signal;

export class ClusterArchive implements ArchivedRuns {
  readonly #store: ArchiveStore;
  readonly #namespace: string;

  private constructor(store: ArchiveStore, namespace: string) {
    this.#store = store;
    this.#namespace = namespace;
  }

  /** @throws OperationError if the configuration in force names no archive that can be read from here; an API error */
  static async open(client: HttpClient, namespace: string): Promise<ClusterArchive> {
    const operator = operatorNamespace({});
    const report = await readInForceReport(client, operator);
    if (report === undefined)
      throw new OperationError(
        `no operator reports its configuration in namespace ${operator}, so the archive is not known; set KUBERNETES_NAMESPACE to the operator's namespace, or use --server`,
      );
    const { text: file, environment, flags } = report;
    const archive = configure({ file, environment, flags }).configuration?.history.archive;
    if (archive?.directory !== undefined)
      throw new OperationError(
        `the archive is a volume of the manager, at ${archive.directory}: use --server, with a server that has this volume, too`,
      );
    const store = archive && openStore(archive);
    if (store === undefined)
      throw new OperationError(
        "there is no archive: history.archive of the configuration names neither s3 nor directory",
      );
    return new ClusterArchive(store, namespace);
  }

  async *list(types: readonly RunType[], name?: string): AsyncGenerator<ArchivedSummary> {
    const options = { types, namespace: this.#namespace, limit: pageSize, ...(name !== undefined && { name }) };
    for (let token: string | undefined = ""; token !== undefined;) {
      const page: ArchivedPage = await readable(archivedPage(this.#store, { ...options, token }, signal));
      yield* page.items;
      token = page.continue;
    }
  }

  get(run: ArchivedReference): Promise<ArchivedRun> {
    return readable(archivedRun(this.#store, keyOf(run), signal));
  }

  transcript(run: ArchivedReference, attempt: number): Promise<ArchivedTranscript> {
    return readable(archivedTranscript(this.#store, { ...keyOf(run), attempt }, signal));
  }
}

function keyOf({ kind, namespace, name, uid }: ArchivedReference): ArchiveKey {
  return { namespace, plural: runTypes.find((type) => type.kind === kind)?.plural ?? "", name, uid };
}

async function readable<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof OperationError) throw error;
    throw new OperationError(
      `the archive cannot be read: ${errorText(error)}; it takes your own AWS credentials, or use --server`,
      { cause: error },
    );
  }
}
