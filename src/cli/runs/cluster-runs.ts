/** Runs of the API server, with the kubeconfig of the caller. */
import type { AnyRun, Found } from "../../operations/any-run.js";
import { budgetList, type BudgetList } from "../../operations/budget-list.js";
import { namespaceNames } from "../../operations/caller.js";
import type { Requested } from "../../operations/change-spec.js";
import { addContext } from "../../operations/context.js";
import { eventsOf, type RunEvent } from "../../operations/events.js";
import { findRun } from "../../operations/find.js";
import { followObjects } from "../../operations/follow-objects.js";
import { followTable, type TableChange } from "../../operations/follow-table.js";
import { agentOutput, type AttemptOutput, type LogOptions } from "../../operations/logs.js";
import { applyPreview, previewRun, type Preview, type WantedRun } from "../../operations/preview-run.js";
import { cancel, remove, resume, retry, suspend } from "../../operations/requests.js";
import { runTable, type RunTable, type TableOptions } from "../../operations/table.js";
import { usageReport, type UsageQuery, type UsageReport } from "../../operations/usage-report.js";
import { runWhen } from "../../operations/wait.js";
import type { HttpClient } from "../../runtime/client/http.js";
import type { Stored } from "../../runtime/client/objects.js";
import { unlessMissing } from "../../runtime/client/unless-missing.js";
import type { ArchivedRuns, NamedRun, RunRequest, Runs, RunType, Selection } from "./runs.js";

const requests = { retry, suspend, resume, cancel };

export class ClusterRuns implements Runs {
  constructor(
    readonly client: HttpClient,
    readonly namespace: string,
  ) {}

  find(reference: string): Promise<Found> {
    return findRun(this.client, this.namespace, reference);
  }

  stored(type: RunType, name: string): Promise<Stored<AnyRun> | undefined> {
    return unlessMissing(this.client.get(type, { namespace: this.namespace, name }));
  }

  preview(wanted: WantedRun, options: { readonly restart?: boolean }): Promise<Preview> {
    return previewRun(this.client, wanted, options);
  }

  apply(preview: Preview): Promise<Stored<AnyRun>> {
    return applyPreview(this.client, preview);
  }

  tables(types: readonly RunType[], selection: Selection): Promise<readonly RunTable[]> {
    return Promise.all(types.map((type) => runTable(this.client, type, selected(selection))));
  }

  follow(type: RunType, selection: Selection, signal: AbortSignal): AsyncGenerator<TableChange> {
    return followTable(this.client, type, { ...selected(selection), signal });
  }

  async objects(types: readonly RunType[], selection: Selection): Promise<readonly Found[]> {
    const lists = await Promise.all(
      types.map(async (type) => {
        const { items } = await this.client.list(type, selected(selection));
        return items.map((run) => ({ type, run }));
      }),
    );
    return lists.flat();
  }

  async *followObjects(type: RunType, selection: Selection, signal: AbortSignal): AsyncGenerator<Found> {
    for await (const run of followObjects(this.client, type, { ...selected(selection), signal })) yield { type, run };
  }

  async names(types: readonly RunType[], selection: Selection, limit?: number): Promise<readonly NamedRun[]> {
    const lists = await Promise.all(types.map((type) => this.#namesOf(type, selection, limit)));
    return lists.flat();
  }

  async #namesOf(type: RunType, selection: Selection, limit: number | undefined): Promise<NamedRun[]> {
    const names: NamedRun[] = [];
    const options = { ...selected(selection), metadataOnly: true, ...(limit !== undefined && { limit }) };
    for await (const { items } of this.client.listPages(type, options)) {
      for (const { metadata } of items) names.push({ type, name: metadata.name });
      if (limit !== undefined) break;
    }
    return names;
  }

  async namespaces(limit: number): Promise<readonly string[]> {
    return (await namespaceNames(this.client)).slice(0, limit);
  }

  async archived(): Promise<ArchivedRuns> {
    // few commands need the configuration
    const { ClusterArchive } = await import("./cluster-archive.js");
    return ClusterArchive.open(this.client, this.namespace);
  }

  usage(query: UsageQuery): Promise<UsageReport> {
    return usageReport(this.client, query);
  }

  budgets(namespace: string | undefined): Promise<BudgetList> {
    return budgetList(this.client, namespace);
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

function selected({ namespace, labelSelector, name }: Selection): TableOptions {
  return {
    ...(namespace !== undefined && { namespace }),
    ...(labelSelector !== undefined && { labelSelector }),
    ...(name !== undefined && { fieldSelector: `metadata.name=${name}` }),
  };
}
