/** Runs of the API server, with the kubeconfig of the caller. */
import type { AnyRun, Found } from "../../operations/any-run.js";
import type { Requested } from "../../operations/change-spec.js";
import { addContext } from "../../operations/context.js";
import { eventsOf, type RunEvent } from "../../operations/events.js";
import { findRun } from "../../operations/find.js";
import { agentOutput, type AttemptOutput, type LogOptions } from "../../operations/logs.js";
import { cancel, remove, resume, retry, suspend } from "../../operations/requests.js";
import { runTable, type RunTable } from "../../operations/table.js";
import { runWhen } from "../../operations/wait.js";
import type { HttpClient } from "../../runtime/client/http.js";
import type { Stored } from "../../runtime/client/objects.js";
import type { RunRequest, Runs, RunType, Selection } from "./runs.js";

const requests = { retry, suspend, resume, cancel };

export class ClusterRuns implements Runs {
  constructor(
    readonly client: HttpClient,
    readonly namespace: string,
  ) {}

  find(reference: string): Promise<Found> {
    return findRun(this.client, this.namespace, reference);
  }

  tables(types: readonly RunType[], selection: Selection): Promise<readonly RunTable[]> {
    return Promise.all(types.map((type) => runTable(this.client, type, selection)));
  }

  tableOf({ type, run }: Found): Promise<RunTable> {
    const fieldSelector = `metadata.name=${run.metadata.name}`;
    return runTable(this.client, type, { namespace: this.namespace, fieldSelector });
  }

  async objects(types: readonly RunType[], selection: Selection): Promise<readonly Found[]> {
    const lists = await Promise.all(
      types.map(async (type) => (await this.client.list(type, selection)).items.map((run) => ({ type, run }))),
    );
    return lists.flat();
  }

  events(found: Found): Promise<readonly RunEvent[]> {
    return eventsOf(this.client, found);
  }

  request(found: Found, what: RunRequest, options: { readonly replace?: boolean }): Promise<Requested> {
    return requests[what](this.client, found, options);
  }

  addContext(found: Found, text: string): Promise<Requested> {
    return addContext(this.client, found, { text });
  }

  remove(found: Found): Promise<void> {
    return remove(this.client, found);
  }

  when(
    found: Found,
    isWanted: (run: Stored<AnyRun>) => boolean,
    signal: AbortSignal,
  ): Promise<Stored<AnyRun> | undefined> {
    return runWhen(this.client, found, isWanted, signal);
  }

  output(found: Found, options: LogOptions, signal: AbortSignal): AsyncGenerator<AttemptOutput> {
    return agentOutput(this.client, found, options, signal);
  }
}
