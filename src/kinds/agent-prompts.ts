/**
 * The controller of the ConfigMap with the agents' system prompts, in every namespace with CodeRuns or DocsRuns. It is for
 * people and their own templates: an attempt has its prompt among its own files (docs/adr/010).
 */
import type { CodeRun } from "../api/coderun.js";
import type { DocsRun } from "../api/docsrun.js";
import { managedBy, runLabels, runAnnotations } from "../runs/metadata.js";
import { contentDigest } from "../runs/manifests.js";
import type { AgentRun } from "../runs/run.js";
import { Informer } from "../runtime/cache/informer.js";
import type { Reader } from "../runtime/cache/reader.js";
import { ConfigMaps } from "../runtime/client/builtin.js";
import type { Client } from "../runtime/client/client.js";
import { AlreadyExists, Forbidden, NotFound } from "../runtime/client/errors.js";
import {
  formatKey,
  objectKey,
  parseKey,
  type ConfigMap,
  type KubernetesObject,
  type Stored,
} from "../runtime/client/objects.js";
import { apiVersionOf } from "../runtime/client/resource.js";
import {
  TerminalError,
  type ReconcileContext,
  type Reconciler,
  type Request,
  type Result,
} from "../runtime/controller/reconciler.js";
import type { EventRecorder } from "../runtime/events/recorder.js";
import type { Manager } from "../runtime/manager/manager.js";
import { agentPromptsName } from "../configuration/names.js";
import type { NamespaceScope } from "../configuration/namespaces.js";
import type { Configuration } from "../configuration/configuration.js";
import { mostBytes, type Templates } from "../templates/templates.js";

interface AgentPromptsSetup extends Pick<AgentPromptsOptions, "tenants" | "configuration" | "templates"> {
  readonly manager: Manager;
  /** Namespaces to watch. Absent: all. */
  readonly scope: { readonly namespaces?: readonly string[] };
  /** The pods of these runs mount the ConfigMap. */
  readonly codeRuns: Informer<CodeRun>;
  readonly docsRuns: Informer<DocsRun>;
}

/**
 * Adds the controller to a manager. It writes the ConfigMap when the first run of a namespace appears.
 *
 * @returns enqueues the ConfigMap of every namespace, as needed after a change of profiles or templates
 */
export function setUpAgentPrompts(setup: AgentPromptsSetup): () => void {
  const { manager, scope, codeRuns, docsRuns, tenants, configuration, templates } = setup;
  const stored = new Informer<ConfigMap>(
    ConfigMaps,
    { ...scope, fieldSelector: `metadata.name=${agentPromptsName}` },
    manager.informerDependencies,
  );
  manager.add({ name: "agent-prompts", start: (signal) => stored.start(signal) }, "others");
  const { client, events } = manager;
  const runs = [codeRuns.reader, docsRuns.reader];
  const keyBeside = (object: KubernetesObject): string => formatKey(objectKey(object, agentPromptsName));
  const isNew = ({ type }: { readonly type: string }): boolean => type === "added";
  const controller = manager
    .controller({
      name: "agent-prompts",
      reconciler: new AgentPrompts({ client, events, stored, runs, tenants, configuration, templates }),
      maxConcurrentReconciles: 2,
    })
    .for(stored)
    .watches(codeRuns, (run) => [keyBeside(run)], isNew)
    .watches(docsRuns, (run) => [keyBeside(run)], isNew);
  return () => {
    const objects = [stored.reader, ...runs].flatMap((reader: Reader<KubernetesObject>) => reader.list());
    for (const key of new Set(objects.map(keyBeside))) controller.enqueue(parseKey(key));
  };
}

interface AgentPromptsOptions {
  readonly client: Client;
  readonly events: EventRecorder;
  /** Holds only the ConfigMaps named {@link agentPromptsName}, with contents. */
  readonly stored: Pick<Informer<ConfigMap>, "reader">;
  /** Runs whose pods mount the ConfigMap. */
  readonly runs: readonly Reader<AgentRun>[];
  readonly tenants: Pick<NamespaceScope, "covers">;
  readonly configuration: () => Configuration;
  readonly templates: () => Pick<Templates, "systemPrompt">;
}

/** Keeps the ConfigMap in line with profiles and templates. One that belongs to someone else is left alone. */
class AgentPrompts implements Reconciler {
  readonly #options: AgentPromptsOptions;
  /** UIDs of ConfigMaps of other owners about which an Event was written. */
  readonly #reported = new Set<string>();
  #rendered: { readonly from: readonly unknown[]; readonly prompts: Readonly<Record<string, string>> } | undefined;

  constructor(options: AgentPromptsOptions) {
    this.#options = options;
  }

  async reconcile({ namespace = "" }: Request, { signal, logger }: ReconcileContext): Promise<Result> {
    const { client, stored, tenants } = this.#options;
    if (!tenants.covers(namespace)) return {};
    const key = { namespace, name: agentPromptsName };
    const present = stored.reader.get(key);
    const prompts = this.#prompts();
    const isWanted = Object.keys(prompts).length > 0;
    try {
      if (present === undefined) {
        if (!isWanted || !this.#hasRuns(namespace)) return {};
        // created without contents first: an apply would also change one that someone else creates meanwhile
        const { uid } = (await client.create(ConfigMaps, manifest(namespace), { signal })).metadata;
        await client.apply(ConfigMaps, manifest(namespace, { uid, prompts }), { signal });
        logger.info({ agents: Object.keys(prompts).length }, "wrote the agents' system prompts");
      } else if (present.metadata.labels?.[runLabels.managedBy] !== managedBy) {
        if (isWanted) this.#reportConflict(present);
      } else if (!isWanted || present.immutable === true) {
        // one that was made immutable is recreated
        await client.delete(ConfigMaps, key, { preconditions: { uid: present.metadata.uid }, signal });
      } else if (!isUpToDate(present, prompts)) {
        await client.apply(ConfigMaps, manifest(namespace, { uid: present.metadata.uid, prompts }), { signal });
        logger.info({ agents: Object.keys(prompts).length }, "wrote the agents' system prompts");
      }
    } catch (error) {
      // the watch delivers what exists by now; and nothing can be created in a namespace that is terminating
      if (error instanceof AlreadyExists || error instanceof NotFound || isNamespaceTerminating(error)) return {};
      throw error;
    }
    return {};
  }

  /** By key of the ConfigMap, for each agent with a GitHub App. */
  #prompts(): Readonly<Record<string, string>> {
    const { agents = {} } = this.#options.configuration();
    const templates = this.#options.templates();
    const from = [agents, templates];
    if (this.#rendered?.from.every((each, index) => each === from[index])) return this.#rendered.prompts;
    const prompts = Object.fromEntries(
      Object.values(agents).flatMap((agent) =>
        agent.githubApp === undefined ? [] : [[promptKey(agent.githubApp), templates.systemPrompt(agent)]],
      ),
    );
    const bytes = Object.values(prompts).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    if (bytes > mostBytes)
      throw new TerminalError(
        `the agents' system prompts have ${bytes} bytes in total; a ConfigMap holds at most ${mostBytes}`,
      );
    this.#rendered = { from, prompts };
    return prompts;
  }

  #hasRuns(namespace: string): boolean {
    return this.#options.runs.some((runs) =>
      runs.list(namespace).some(({ metadata }) => metadata.deletionTimestamp === undefined),
    );
  }

  #reportConflict(present: Stored<ConfigMap>): void {
    const { uid } = present.metadata;
    if (this.#reported.has(uid)) return;
    this.#reported.add(uid);
    this.#options.events.event(present, {
      type: "Warning",
      reason: "NameConflict",
      action: "WriteAgentPrompts",
      note: `This ConfigMap lacks the label ${runLabels.managedBy}=${managedBy}, so the agents' system prompts are not written to it. Runs have them among their own files.`,
    });
  }
}

/** An App's name may contain spaces, a key may not. */
function promptKey(githubApp: string): string {
  return `${githubApp.replaceAll(" ", "-")}_system-prompt.md`;
}

function manifest(
  namespace: string,
  of?: { readonly uid: string; readonly prompts: Readonly<Record<string, string>> },
): ConfigMap {
  return {
    apiVersion: apiVersionOf(ConfigMaps),
    kind: ConfigMaps.kind,
    metadata: {
      name: agentPromptsName,
      namespace,
      labels: { [runLabels.managedBy]: managedBy },
      ...(of !== undefined && { uid: of.uid, annotations: { [runAnnotations.digest]: contentDigest(of.prompts) } }),
    },
    ...(of !== undefined && { data: { ...of.prompts } }),
  };
}

/** The digest reveals keys that are no longer wanted. Keys that someone added stay. */
function isUpToDate({ metadata, data = {} }: Stored<ConfigMap>, prompts: Readonly<Record<string, string>>): boolean {
  return (
    metadata.annotations?.[runAnnotations.digest] === contentDigest(prompts) &&
    Object.entries(prompts).every(([key, text]) => data[key] === text)
  );
}

function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof Forbidden && error.causes.some(({ reason }) => reason === "NamespaceTerminating");
}
