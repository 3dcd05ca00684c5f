/** The webhooks of a kind as they are mounted: what they wait for, where they enforce, and what they answer. */
import t from "tap";
import { exampleRun } from "../runs/model-cluster.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { NamespaceScope } from "#src/configuration/namespaces.js";
import { ConfigurationSource } from "#src/configuration/source.js";
import { cacheRuns, type KindSetup, type SharedSetup } from "#src/kinds/setup.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import { taskRunKind } from "./task-runs.js";
import { admissionHandlersOf, type SyncingCache } from "#src/kinds/webhooks.js";
import { Cache } from "#src/runtime/cache/cache.js";
import { Namespaces, PersistentVolumeClaims } from "#src/runtime/client/builtin.js";
import type { Client } from "#src/runtime/client/client.js";
import type { Namespace, PersistentVolumeClaim } from "#src/runtime/client/objects.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import type { AdmissionRequest } from "#src/runtime/webhook/admission.js";
import type { AdmissionDecision } from "#src/runtime/webhook/review.js";

const team = "team-a";

/** The handlers of TaskRuns with what they read, which a test changes. */
class Webhooks {
  readonly configuration = new ConfigurationSource();
  synced: Promise<void> | undefined;
  readonly waitedFor: [SyncingCache, string][] = [];
  readonly setup: KindSetup<TaskRun>;
  readonly #handlers: ReturnType<typeof admissionHandlersOf>;

  constructor() {
    // never started: tests put runs into its store
    const cache = new Cache({ client: {} as Client, clock: systemClock, random: () => 0, logger: silentLogger });
    this.setup = cacheRuns(cache, taskRunKind, admittedTaskRun, {});
    const namespaces = cache.informer<Namespace>(Namespaces, { metadataOnly: true }).reader;
    type Shared =
      | "authorizer"
      | "configuration"
      | "tenants"
      | "ensureSynced"
      | "serviceAccountExists"
      | "namespaceFacts"
      | "workspaces";
    const shared: Pick<SharedSetup, Shared> = {
      workspaces: cache.informer<PersistentVolumeClaim>(PersistentVolumeClaims, {}),
      authorizer: { isAllowed: () => Promise.resolve(true) },
      namespaceFacts: (name) => ({ name, isOperators: false }),
      configuration: this.configuration,
      tenants: new NamespaceScope({ choice: () => ({ names: [team] }), namespaces }),
      ensureSynced: (runs, kind) => {
        this.waitedFor.push([runs, kind]);
        return this.synced;
      },
      serviceAccountExists: (namespace, name) => namespace === team && name === "known",
    };
    this.#handlers = admissionHandlersOf(shared as SharedSetup, this.setup);
  }

  get paths(): string[] {
    return this.#handlers.map(([path]) => path);
  }

  /** Puts a run into the cache. */
  cached(name: string, status?: TaskRun["status"]): void {
    const { metadata, ...run } = exampleRun();
    const stored = { ...metadata, name, namespace: team, uid: name, resourceVersion: "1" };
    this.setup.runs.store.put({ ...run, metadata: stored, ...(status && { status }) });
  }

  call(
    path: string,
    spec: Partial<TaskRun["spec"]> = {},
    namespace = team,
    before?: Partial<TaskRun["spec"]>,
  ): Promise<AdmissionDecision> {
    const handler = this.#handlers.find(([each]) => each === path)?.[1];
    if (handler === undefined) throw new Error(`no handler at ${path}`);
    const { metadata, ...run } = exampleRun(spec);
    const object = { ...run, metadata: { ...metadata, name: "new", namespace } };
    const oldObject = before && { ...object, spec: { ...object.spec, ...spec, ...before } };
    const { group, version, kind } = TaskRuns;
    const request: AdmissionRequest = {
      operation: before === undefined ? "CREATE" : "UPDATE",
      ...(oldObject && { oldObject }),
      ...{ uid: "1", kind: { group, version, kind }, namespace, object },
      ...{ resource: { group, version, resource: "taskruns" }, userInfo: {}, dryRun: false },
    };
    return Promise.resolve(handler(request));
  }
}

const [mutate, validate] = ["/mutate/taskrun", "/validate/taskrun"] as const;

t.test("a kind has one path for defaults and one for validation", (t) => {
  t.same(new Webhooks().paths, [mutate, validate]);
  t.end();
});

t.test("warnings come in the order of the rules, and within a rule in the order of the fields", async (t) => {
  const { allowed, warnings = [] } = await new Webhooks().call(validate, {
    dependsOn: ["missing"],
    serviceAccountName: "unknown",
    env: [
      { name: "Z_TOKEN", value: "x" },
      { name: "A_TOKEN", value: "x" },
    ],
  });
  t.equal(allowed, true);
  t.equal(warnings.length, 4);
  t.match(warnings, [/"missing"/, /^spec\.serviceAccountName: .*"unknown"/, /"Z_TOKEN"/, /"A_TOKEN"/]);
  t.strictSame((await new Webhooks().call(validate, { serviceAccountName: "known" })).warnings, undefined);
});

t.test("both paths deny with every violation; the first one otherwise answers with the defaults", async (t) => {
  const webhooks = new Webhooks();
  for (const path of [mutate, validate]) {
    const decision = await webhooks.call(path, { taskId: 0, serviceName: "Not A Name" });
    t.equal(decision.allowed, false, path);
    t.match(decision.status?.message, /spec\.taskId.*spec\.serviceName/s);
  }
  webhooks.configuration.update("agent: { name: configured }");
  const { allowed, patch = "" } = await webhooks.call(mutate, { agentName: undefined } as never);
  t.equal(allowed, true);
  t.match(Buffer.from(patch, "base64").toString(), '"configured"', "the configuration is read for each request");
});

t.test("runs in the cache count: a second live run of a task is denied", async (t) => {
  const webhooks = new Webhooks();
  webhooks.cached("ended", { phase: "Cancelled" });
  t.equal((await webhooks.call(validate)).allowed, true);
  webhooks.cached("live");
  const decision = await webhooks.call(validate);
  t.equal(decision.allowed, false);
  t.match(decision.status?.message, /live/);
});

t.test("a run whose Job policy does not allow is denied, and an update only for what it adds", async (t) => {
  const webhooks = new Webhooks();
  webhooks.configuration.update("policy: [{images: [known/*], maxRetries: 2}]");
  const denied = await webhooks.call(validate, { image: "other/image", retry: { maxRetries: 2 } });
  t.match(denied.status?.message, /spec: Forbidden: image other\/image is not allowed by policy .*allowed: known\/\*/);
  t.equal((await webhooks.call(validate, { image: "known/image", retry: { maxRetries: 2 } })).allowed, true);
  const stored = { image: "other/image", retry: { maxRetries: 2 } };
  t.equal((await webhooks.call(validate, { ...stored, suspend: true }, team, { suspend: false })).allowed, true);
  const raised = await webhooks.call(validate, { ...stored, retry: { maxRetries: 3 } }, team, stored);
  t.match(raised.status?.message, /maxRetries 3/);
  t.notMatch(raised.status?.message, /image/);
});

t.test("of an old object that is not valid nothing is compared: the whole of the new one is checked", async (t) => {
  const webhooks = new Webhooks();
  webhooks.configuration.update("policy: [{images: [known/*]}]");
  const denied = await webhooks.call(validate, { image: "other/image" }, team, { env: 5 } as never);
  t.match(denied.status?.message, /image other\/image is not allowed by policy/);
});

t.test("in an unmanaged namespace nothing is enforced or changed, and a warning says so", async (t) => {
  const webhooks = new Webhooks();
  const decision = await webhooks.call(validate, { taskId: 0 }, "elsewhere");
  t.equal(decision.allowed, true);
  t.match(decision.warnings, [/does not manage namespace elsewhere /]);
  t.equal(decision.warnings?.length, 1);
  t.strictSame(await webhooks.call(mutate, { taskId: 0 }, "elsewhere"), { allowed: true });
});

t.test("both paths wait until the caches are filled", async (t) => {
  for (const path of [mutate, validate]) {
    const webhooks = new Webhooks();
    let fill = (): void => undefined;
    webhooks.synced = new Promise((resolve) => (fill = resolve));
    let decision: AdmissionDecision | undefined;
    const answered = webhooks.call(path).then((answer) => (decision = answer));
    await new Promise((resolve) => setImmediate(resolve));
    t.equal(decision, undefined, path);
    webhooks.cached("live");
    fill();
    await answered;
    t.equal(decision?.allowed, false, "it decides by what the caches hold then");
    t.ok(webhooks.waitedFor.every(([runs, kind]) => runs === webhooks.setup.runs && kind === "TaskRun"));
    webhooks.synced = Promise.reject(new Error("not in time"));
    await t.rejects(webhooks.call(path), { message: "not in time" });
  }
});

t.test("defaults are those of the configuration that is in force once the caches are filled", async (t) => {
  const webhooks = new Webhooks();
  let fill = (): void => undefined;
  webhooks.synced = new Promise((resolve) => (fill = resolve));
  const decision = webhooks.call(mutate, { agentName: undefined } as never);
  webhooks.configuration.update("agent: { name: late }");
  fill();
  t.match(Buffer.from((await decision).patch ?? "", "base64").toString(), '"late"');
});
