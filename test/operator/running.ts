/** An operator, or only its manager, that runs in the test's process against an {@link ApiServer} and a fake clock. */
import { once } from "node:events";
import { get as httpGet, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Test } from "tap";
import { ApiServer } from "./api-server.js";
import { allowedByRoles } from "./roles.js";
import { webhookConfigurations } from "#src/admission/manifests.js";
import { createOperator, type Operator, type OperatorOptions } from "#src/operator/operator.js";
import {
  ConfigMaps,
  MutatingWebhookConfigurations,
  ValidatingWebhookConfigurations,
} from "#src/runtime/client/builtin.js";
import type { KubernetesObject } from "#src/runtime/client/objects.js";
import type { Logger } from "#src/runtime/logger.js";
import { Manager, type ManagerOptions } from "#src/runtime/manager/manager.js";
import { FakeClock } from "#src/runtime/testing/clock.js";

/** The operator's own namespace. */
export const ownNamespace = "orchestrator";

/** Real milliseconds in which a condition must become true. */
const patience = 10_000;

/** Lets the fake time pass until the condition holds; returns its value. */
export async function until<T>(
  clock: FakeClock,
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + patience;
  for (;;) {
    const result = await condition();
    if (result !== undefined && result !== false) return result;
    if (performance.now() > deadline) throw new Error(`did not happen: ${what}`);
    await clock.advance(20);
    // the sockets get their turn before more of the fake time passes
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** A line of the log. */
export interface Line {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export function recordingLogger(lines: Line[], bindings: object = {}): Logger {
  const at =
    (level: Line["level"]) =>
    (fields: object, message: string): void =>
      void lines.push({ level, fields: { ...bindings, ...fields }, message });
  return {
    ...{ debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
    child: (more) => recordingLogger(lines, { ...bindings, ...more }),
  };
}

/** An operator and what surrounds it. */
export class Running {
  readonly lines: Line[] = [];
  readonly operator: Operator;
  readonly #stop = new AbortController();
  #ended: Promise<void> = Promise.resolve();

  constructor(
    readonly api: ApiServer,
    readonly clock: FakeClock,
    options: Partial<OperatorOptions>,
  ) {
    api.allows = allowedByRoles(options.watchNamespaces);
    this.operator = createOperator({
      access: api.access,
      logger: recordingLogger(this.lines),
      version: "1.2.3",
      namespace: ownNamespace,
      probes: { host: "127.0.0.1", port: 0 },
      webhooks: { host: "127.0.0.1", port: 0, names: ["127.0.0.1"] },
      sinkKeyDirectory: "/nonexistent",
      githubAppDirectory: "/nonexistent",
      clock,
      env: {},
      freezeCache: true,
      ...options,
    });
  }

  start(): void {
    this.#ended = this.operator.manager.start(this.#stop.signal);
    // a failed start shows in the condition that is waited for
    this.#ended.catch(() => undefined);
  }

  /** @throws Error if it did not stop, failed, or sent requests that its roles do not allow */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("the test ended"));
    let hasEnded = false;
    void this.#ended.catch(() => undefined).then(() => (hasEnded = true));
    await this.until("the operator stopped", () => hasEnded);
    await this.#ended;
    if (this.api.forbidden.length > 0) throw new Error(`not allowed by its roles: ${this.api.forbidden.join(", ")}`);
  }

  until<T>(what: string, condition: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
    return until(this.clock, what, condition);
  }

  /** Resolves when no controller has had anything to do for a while. */
  async quiet(): Promise<void> {
    let times = 0;
    await this.until("all controllers are idle", async () => {
      const busy = ["workqueue_depth", "controller_runtime_active_workers"].map((name) => this.metric(name));
      times = (await Promise.all(busy)).every((count) => count === 0) ? times + 1 : 0;
      return times > 25;
    });
  }

  /** The answer of `/readyz`: a line for each reason not to be ready. */
  async readiness(): Promise<{ readonly isReady: boolean; readonly text: string }> {
    const { manager } = this.operator;
    const sent = httpGet({ host: "127.0.0.1", port: manager.probesPort, path: "/readyz", agent: false });
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    return { isReady: response.statusCode === 200, text: await textOf(response) };
  }

  /** Calls a webhook as the API server does: it trusts only the bundle in the webhook configuration. */
  async review(
    path: string,
    object: KubernetesObject,
    more: object = {},
    client: { readonly cert?: string; readonly key?: string } = {},
  ): Promise<Review> {
    const { webhooks = [] } = this.api.list(ValidatingWebhookConfigurations)[0] ?? {};
    const ca = Buffer.from(webhooks[0]?.clientConfig.caBundle ?? "", "base64");
    const { kind } = object;
    const request = {
      ...{ uid: "1", operation: "CREATE", kind: { group: "orchestrator.io", version: "v1", kind } },
      ...{
        resource: { group: "", version: "v1", resource: "" },
        namespace: object.metadata?.namespace,
        name: object.metadata?.name,
        object,
        ...more,
      },
    };
    const sent = httpsRequest({
      ...{ host: "127.0.0.1", port: this.operator.webhookServer.port, path, method: "POST", agent: false, ca },
      headers: { "content-type": "application/json" },
      servername: `orchestrator-webhook.${ownNamespace}.svc`,
      ...client,
    });
    sent.end(JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request }));
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    return (JSON.parse(await textOf(response)) as { response: Review }).response;
  }

  /** Replaces the configuration. */
  configure(yaml: string): void {
    const key = { namespace: ownNamespace, name: "taskrun-controller-config" };
    if (this.api.get(ConfigMaps, key) === undefined) this.api.create(ConfigMaps, { metadata: key });
    this.api.change(ConfigMaps, key, (object) => (object.data = { "config.yaml": yaml }));
  }

  metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
    return metricOf(this.operator.manager, name, labels);
  }
}

/** Value of a metric, summed over the label sets that match; undefined if none does. */
export async function metricOf(
  { registry }: Manager,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const values = (await registry.getSingleMetric(name)?.get())?.values ?? [];
  const matching = values.filter(({ labels: has }) =>
    Object.entries(labels).every(([key, value]) => (has as Record<string, unknown>)[key] === value),
  );
  return matching.length === 0 ? undefined : matching.reduce((sum, { value }) => sum + value, 0);
}

/** A manager without the operator around it, for tests that set up a part of it. */
export interface Scene<M extends Manager = Manager> {
  readonly api: ApiServer;
  readonly clock: FakeClock;
  readonly lines: Line[];
  readonly manager: M;
  /** Starts the manager; it stops with the test. */
  readonly start: () => void;
  readonly until: Running["until"];
  /** Resolves when a controller that was given at least so many keys has nothing left to do. */
  readonly idle: (controller: string, adds: number) => Promise<unknown>;
}

export async function scene<M extends Manager = Manager>(
  t: Test,
  create: (options: ManagerOptions) => M = (options) => new Manager(options) as M,
): Promise<Scene<M>> {
  const clock = new FakeClock();
  const api = await ApiServer.start(t, clock);
  const lines: Line[] = [];
  const probes = { host: "127.0.0.1", port: 0 };
  const logger = recordingLogger(lines);
  const manager = create({
    ...{ access: api.access, name: "agent-orchestrator", version: "1.2.3", clock, logger, probes },
    freezeCache: true,
  });
  const stop = new AbortController();
  return {
    ...{ api, clock, lines, manager },
    start: () => {
      const ended = manager.start(stop.signal);
      t.teardown(async () => {
        stop.abort(new Error("the test ended"));
        let hasEnded = false;
        void ended.catch(() => undefined).then(() => (hasEnded = true));
        await until(clock, "the manager stopped", () => hasEnded);
        await ended;
      });
    },
    until: (what, condition) => until(clock, what, condition),
    idle: (controller, adds) =>
      until(clock, `${controller} has ${adds} adds and is idle`, async () => {
        const labels = { controller };
        return (
          ((await metricOf(manager, "workqueue_adds_total", labels)) ?? 0) >= adds &&
          (await metricOf(manager, "workqueue_depth", labels)) === 0 &&
          (await metricOf(manager, "controller_runtime_active_workers", labels)) === 0
        );
      }),
  };
}

/** The `response` of an AdmissionReview. */
export interface Review {
  readonly allowed: boolean;
  readonly warnings?: readonly string[];
  readonly patch?: string;
  readonly status?: { readonly message?: string };
}

/** The webhook configurations, as an install applies them. */
export function addWebhookConfigurations(api: ApiServer): void {
  const { mutating, validating } = webhookConfigurations();
  api.create(MutatingWebhookConfigurations, mutating);
  api.create(ValidatingWebhookConfigurations, validating);
}

/** An operator that is not started; its API server and its clock end with the test. */
export async function prepare(t: Test, options: Partial<OperatorOptions> = {}): Promise<Running> {
  // certificates are verified against the system's clock
  const clock = new FakeClock(Date.now());
  const api = await ApiServer.start(t, clock);
  const running = new Running(api, clock, options);
  t.teardown(() => running.stop());
  return running;
}

/** An operator that is ready. */
export async function started(
  t: Test,
  options: Partial<OperatorOptions> = {},
  before: (running: Running) => void = () => undefined,
): Promise<Running> {
  const running = await prepare(t, options);
  addWebhookConfigurations(running.api);
  before(running);
  running.start();
  await running.until("the operator is ready", async () => {
    return running.operator.manager.probesPort !== 0 && (await running.readiness()).isReady;
  });
  return running;
}

export async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
