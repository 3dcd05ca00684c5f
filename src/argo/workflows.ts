/** The calls about Workflows of plays. */
import type { Client } from "../runtime/client/client.js";
import { AlreadyExists, Forbidden, Invalid, NotFound } from "../runtime/client/errors.js";
import type { ObjectKey, Stored } from "../runtime/client/objects.js";
import { unlessMissing } from "../runtime/client/unless-missing.js";
import { resumedMessage, type Request } from "./resumption.js";
import {
  isEnded,
  isPlayOf,
  playTemplate,
  playType,
  workflowAnnotations,
  workflowLabels,
  Workflows,
  WorkflowTemplates,
  type Workflow,
  type WorkflowNode,
} from "./workflow.js";

/** Workflows cannot be read: the message says what to do. */
export class WorkflowsUnreadable extends Error {
  override readonly name = "WorkflowsUnreadable";
}

/** The API server does not accept a change of a Workflow. Asking again does not help. */
export class WorkflowDenied extends Error {
  override readonly name = "WorkflowDenied";
}

export interface PlayWorkflowsOptions {
  readonly client: Pick<Client, "get" | "list" | "create" | "patch">;
  /** The namespaces to look in; absent: all. */
  readonly namespaces?: readonly string[];
  /** Whether the operator manages a namespace. */
  readonly manages: (namespace: string) => boolean;
}

export class PlayWorkflows {
  readonly #options: PlayWorkflowsOptions;

  constructor(options: PlayWorkflowsOptions) {
    this.#options = options;
  }

  /**
   * The Workflows that play a task and have not ended; none in a cluster without Argo Workflows.
   *
   * @param repository `host/owner/name`
   * @throws WorkflowsUnreadable
   */
  async of(task: number, repository: string, signal: AbortSignal): Promise<readonly Stored<Workflow>[]> {
    const { client, namespaces, manages } = this.#options;
    const labelSelector = `${workflowLabels.type}=${playType},${workflowLabels.task}=${task}`;
    const scopes = namespaces === undefined ? [{}] : namespaces.map((namespace) => ({ namespace }));
    const lists = await Promise.all(
      scopes.map((scope) =>
        unlessMissing(client.list(Workflows, { ...scope, labelSelector, signal })).catch((error: unknown) => {
          if (!(error instanceof Forbidden)) throw error;
          throw new WorkflowsUnreadable(
            "The operator may not list workflows.argoproj.io: install config/argo/operator, or set argo.enabled to false.",
          );
        }),
      ),
    );
    return lists
      .flatMap((list) => list?.items ?? [])
      .filter(({ metadata }) => manages(metadata.namespace ?? ""))
      .filter((workflow) => !isEnded(workflow) && isPlayOf(workflow, task, repository));
  }

  /** Undefined if it is gone, or another has its name. */
  async get(key: ObjectKey, uid: string, signal: AbortSignal): Promise<Stored<Workflow> | undefined> {
    const found = await unlessMissing(this.#options.client.get(Workflows, key, { signal }));
    return found?.metadata.uid === uid ? found : undefined;
  }

  /**
   * Submits a Workflow of play-template.
   *
   * @returns the one that has its name, which may be from before an interruption
   * @throws WorkflowDenied also if the namespace has no play-template
   */
  async submit(workflow: Workflow, signal: AbortSignal): Promise<Stored<Workflow>> {
    const { client } = this.#options;
    const { namespace = "", name = "" } = workflow.metadata ?? {};
    try {
      const template = await unlessMissing(
        client.get(WorkflowTemplates, { namespace, name: playTemplate }, { signal }),
      );
      if (template === undefined)
        throw new WorkflowDenied(
          `Namespace ${namespace} has no WorkflowTemplate ${playTemplate}: apply config/argo to it, as docs/guide/plays.md describes.`,
        );
      return await client.create(Workflows, workflow, { signal });
    } catch (error) {
      if (error instanceof AlreadyExists) return await client.get(Workflows, { namespace, name }, { signal });
      throw denied(error);
    }
  }

  /**
   * Resumes one node, and records by which Delivery.
   *
   * @param now RFC 3339
   * @throws Conflict if the Workflow has changed
   */
  async resume(
    workflow: Stored<Workflow>,
    node: WorkflowNode,
    event: "resumed" | "restart",
    { by, now, signal }: { readonly by: string; readonly now: string; readonly signal: AbortSignal },
  ): Promise<void> {
    const others = (node.outputs?.parameters ?? []).filter(({ name }) => name !== "event");
    const hasEvent = others.length !== (node.outputs?.parameters ?? []).length;
    const finished = {
      phase: "Succeeded",
      finishedAt: `${now.slice(0, 19)}Z`,
      message: resumedMessage(by),
      ...(hasEvent && { outputs: { ...node.outputs, parameters: [...others, { name: "event", value: event }] } }),
    };
    await this.#patch(
      workflow,
      signal,
      { [workflowAnnotations.resumedBy]: by },
      { status: { nodes: { [node.id]: finished } } },
    );
  }

  /** Records that a new round begins. @throws Conflict if the Workflow has changed */
  async record(workflow: Stored<Workflow>, { by, at, revision }: Request, signal: AbortSignal): Promise<void> {
    await this.#patch(workflow, signal, {
      [workflowAnnotations.restartedBy]: by,
      [workflowAnnotations.restartedAt]: at,
      [workflowAnnotations.restartedRevision]: revision ?? "",
    });
  }

  /** Ends a Workflow as failed; its exit handler still runs. @throws Conflict if it has changed */
  async stop(workflow: Stored<Workflow>, by: string, signal: AbortSignal): Promise<void> {
    if (isEnded(workflow) || workflow.spec.shutdown !== undefined) return;
    await this.#patch(workflow, signal, { [workflowAnnotations.stoppedBy]: by }, { spec: { shutdown: "Stop" } });
  }

  async #patch(
    { metadata }: Stored<Workflow>,
    signal: AbortSignal,
    annotations: Readonly<Record<string, string>>,
    change: object = {},
  ): Promise<void> {
    const { namespace = "", name, uid, resourceVersion } = metadata;
    const body = { metadata: { uid, resourceVersion, annotations }, ...change };
    try {
      await this.#options.client.patch(Workflows, { namespace, name }, { type: "merge", body }, { signal });
    } catch (error) {
      if (!(error instanceof NotFound)) throw denied(error); // gone: the next look says so
    }
  }
}

function denied(error: unknown): unknown {
  if (!(error instanceof Forbidden || error instanceof Invalid)) return error;
  return new WorkflowDenied(error.status.message ?? error.message, { cause: error });
}
