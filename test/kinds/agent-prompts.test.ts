/** The controller of the ConfigMap with the agents' system prompts: what it writes, when, and what it leaves alone. */
import t, { type Test } from "tap";
import { ApiServer } from "../operator/api-server.js";
import { allowedBy } from "../operator/roles.js";
import { metricOf, scene, type Scene } from "../operator/running.js";
import { CodeRuns, type CodeRun } from "#src/api/coderun.js";
import { DocsRuns, type DocsRun } from "#src/api/docsrun.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { agentPromptsName } from "#src/configuration/names.js";
import { setUpAgentPrompts } from "#src/kinds/agent-prompts.js";
import { agentPromptsPermissions } from "#src/kinds/rbac.js";
import { cached } from "#src/runtime/cache/rbac.js";
import { ConfigMaps, Events } from "#src/runtime/client/builtin.js";
import type { ConfigMap, ObjectMeta, Stored } from "#src/runtime/client/objects.js";
import { eventPermissions } from "#src/runtime/events/rbac.js";
import { builtInTemplates } from "#src/templates/builtin.js";
import { mostBytes, Templates } from "#src/templates/templates.js";

type Agents = NonNullable<Configuration["agents"]>;

const team = "team-a";
const rexKey = "Rex_system-prompt.md";
const controller = "agent-prompts";
const rex = { githubApp: "Rex", systemPrompt: "You are Rex." };

/** The controller, with profiles and templates that a test changes. */
class Prompts {
  configuration: Configuration = defaultConfiguration;
  templates: Pick<Templates, "systemPrompt"> = new Templates(builtInTemplates());
  managed: (namespace: string) => boolean = () => true;
  /** Enqueues all, as after a reload. */
  readonly enqueue: () => void;
  #runs = 0;

  constructor(readonly scene: Scene) {
    const { manager } = scene;
    this.enqueue = setUpAgentPrompts({
      manager,
      scope: {},
      codeRuns: manager.cache.informer<CodeRun>(CodeRuns),
      docsRuns: manager.cache.informer<DocsRun>(DocsRuns),
      tenants: { covers: (namespace) => this.managed(namespace) },
      configuration: () => this.configuration,
      templates: () => this.templates,
    });
  }

  set agents(agents: Agents) {
    this.configuration = { ...this.configuration, agents };
  }

  createRun(namespace = team, metadata: ObjectMeta = {}): void {
    const spec = { taskId: 1, service: "auth", repositoryUrl: "a/b", docsRepositoryUrl: "a/b", githubApp: "Rex" };
    const name = `play-${++this.#runs}`;
    this.scene.api.create(CodeRuns, { metadata: { ...metadata, namespace, name }, spec });
  }

  stored(namespace = team): Stored<ConfigMap> | undefined {
    return this.scene.api.get(ConfigMaps, { namespace, name: agentPromptsName });
  }

  /** Resolves when the ConfigMap holds these prompts and nothing else. */
  holds(data: Readonly<Record<string, string>>, namespace = team): Promise<unknown> {
    const wanted = JSON.stringify(data);
    return this.scene.until(
      `${namespace} holds ${wanted}`,
      () => JSON.stringify(this.stored(namespace)?.data) === wanted,
    );
  }

  /** Resolves when everything that was enqueued is done, at least so many keys so far. */
  idle(adds: number): Promise<unknown> {
    return this.scene.idle(controller, adds);
  }

  get failures(): Promise<number | undefined> {
    return metricOf(this.scene.manager, "controller_runtime_reconcile_errors_total", { controller });
  }
}

async function prompts(t: Test, agents: Agents = { rex }): Promise<Prompts> {
  const made = new Prompts(await scene(t));
  const { api } = made.scene;
  api.allows = allowedBy([...agentPromptsPermissions, ...eventPermissions, cached(CodeRuns), cached(DocsRuns)]);
  t.teardown(() => {
    if (api.forbidden.length > 0) throw new Error(`not allowed by its permissions: ${api.forbidden.join(", ")}`);
  });
  made.agents = agents;
  return made;
}

async function started(t: Test, agents?: Agents): Promise<Prompts> {
  const made = await prompts(t, agents);
  made.scene.start();
  return made;
}

/** A ConfigMap of that name, as another owner creates it. */
function foreign(data: Readonly<Record<string, string>>): ConfigMap {
  return { metadata: { namespace: team, name: agentPromptsName }, data: { ...data } };
}

/** Answers one request for ConfigMaps with an error; returns how often it did. */
function failOnce({ api }: Scene, method: string, error: Error): () => number {
  let times = 0;
  api.fault = (call) => {
    if (call.method !== method || call.plural !== "configmaps" || times > 0) return undefined;
    times++;
    return error;
  };
  return () => times;
}

t.test("it is written when the first run of a namespace appears, of either kind", async (t) => {
  const it = await started(t, { rex, nova: { githubApp: "My Nova", systemPrompt: "Nova." }, bare: { model: "opus" } });
  const { api } = it.scene;
  it.createRun();
  const expected = { [rexKey]: "You are Rex.", "My-Nova_system-prompt.md": "Nova." };
  await it.holds(expected);
  t.equal(it.stored()?.metadata.labels?.["app.kubernetes.io/managed-by"], "agent-orchestrator");
  t.same(api.writes.slice(0, 2), [
    `POST configmaps/${team}/${agentPromptsName}`,
    `PATCH configmaps/${team}/${agentPromptsName}`,
  ]);
  const version = it.stored()?.metadata.resourceVersion;
  it.createRun();
  api.create(DocsRuns, { metadata: { namespace: "team-b", name: "docs" }, spec: {} } as DocsRun);
  await it.holds(expected, "team-b");
  await it.idle(3);
  t.equal(it.stored()?.metadata.resourceVersion, version, "the second run of a namespace changes nothing");
});

t.test(
  "none is written without runs, without prompts, for deleted runs, or outside the managed namespaces",
  async (t) => {
    const it = await started(t);
    it.managed = (namespace) => namespace !== "unmanaged";
    it.createRun("unmanaged");
    it.createRun("leaving", { deletionTimestamp: "2024-07-02T10:00:00Z", finalizers: ["x/y"] });
    await it.idle(2);
    it.agents = { bare: { model: "opus" } };
    it.createRun(team);
    await it.idle(3);
    t.same(it.scene.api.writes, []);
    t.equal(await it.failures, 0);
  },
);

t.test("a change of profiles or templates is written to every namespace", async (t) => {
  const it = await started(t, { rex: { githubApp: "Rex" }, nova: { githubApp: "Nova", systemPrompt: "Nova." } });
  it.templates = new Templates(new Map([...builtInTemplates(), ["agents/rex-system-prompt.md", "One."]]));
  const both = (text: string): Promise<unknown> =>
    Promise.all([team, "team-b"].map((each) => it.holds({ [rexKey]: text, "Nova_system-prompt.md": "Nova." }, each)));
  it.createRun();
  it.createRun("team-b");
  await both("One.");
  it.templates = new Templates(new Map([...builtInTemplates(), ["agents/rex-system-prompt.md", "Two."]]));
  it.enqueue();
  await both("Two.");
  it.agents = { rex: { githubApp: "Rex" } };
  it.enqueue();
  await it.holds({ [rexKey]: "Two." });
  it.agents = { rex: { githubApp: "Rex", systemPrompt: "Three." } };
  it.enqueue();
  await it.holds({ [rexKey]: "Three." });
  await it.holds({ [rexKey]: "Three." }, "team-b");
});

t.test("prompts are rendered once for all namespaces", async (t) => {
  const it = await started(t);
  let times = 0;
  it.templates = { systemPrompt: () => `Rendered ${++times} times.` };
  for (const namespace of [team, "team-b", "team-c"]) {
    it.createRun(namespace);
    await it.holds({ [rexKey]: "Rendered 1 times." }, namespace);
  }
});

t.test("a change by others is reverted, except for keys that they add", async (t) => {
  const it = await started(t);
  const { api } = it.scene;
  it.createRun();
  await it.holds({ [rexKey]: "You are Rex." });
  const key = { namespace: team, name: agentPromptsName };
  api.change(ConfigMaps, key, (map) => (map.data = { [rexKey]: "edited", "notes.md": "mine" }));
  await it.holds({ [rexKey]: "You are Rex.", "notes.md": "mine" });
  api.remove(ConfigMaps, key);
  await it.holds({ [rexKey]: "You are Rex." });
});

t.test("it is removed when no agent has a prompt", async (t) => {
  const it = await started(t);
  it.createRun();
  await it.holds({ [rexKey]: "You are Rex." });
  it.agents = { bare: { model: "opus" } };
  it.enqueue();
  await it.scene.until("it is removed", () => it.stored() === undefined);
  t.equal(it.scene.api.writes.at(-1), `DELETE configmaps/${team}/${agentPromptsName}`);
});

t.test("it is removed only if it still is the same object", async (t) => {
  const it = await started(t);
  const { api } = it.scene;
  it.createRun();
  await it.holds({ [rexKey]: "You are Rex." });
  const key = { namespace: team, name: agentPromptsName };
  api.fault = ({ method }) => {
    if (method !== "DELETE") return undefined;
    api.fault = () => undefined;
    // another owner replaces it just before the deletion arrives
    api.remove(ConfigMaps, key);
    api.create(ConfigMaps, foreign({ theirs: "yes" }));
    return undefined;
  };
  it.agents = {};
  it.enqueue();
  await it.scene.until("it was replaced", () => it.stored()?.data?.theirs);
  await it.idle(4);
  t.same(it.stored()?.data, { theirs: "yes" });
});

t.test("one of another owner is left alone, with one Event", async (t) => {
  const it = await prompts(t, {});
  const { api } = it.scene;
  const before = api.create(ConfigMaps, foreign({ [rexKey]: "theirs" }));
  it.scene.start();
  it.createRun();
  await it.idle(1);
  const conflicts = (): number => api.list(Events).filter(({ reason }) => reason === "NameConflict").length;
  let rounds = 0;
  await it.scene.until("an Event would have been written", () => ++rounds > 50);
  t.equal(conflicts(), 0, "while there are no prompts there is no conflict");
  it.agents = { rex };
  for (const adds of [2, 3, 4]) {
    it.enqueue();
    await it.idle(adds);
  }
  await it.scene.until("an Event says so", () => conflicts() > 0);
  t.match(api.list(Events)[0], { type: "Warning", regarding: { name: agentPromptsName, namespace: team } });
  await it.scene.clock.advance(1_000);
  t.equal(conflicts(), 1);
  t.equal(api.list(Events)[0]?.series, undefined, "and it is not repeated");
  t.same(it.stored(), before);
  it.agents = {};
  it.enqueue();
  await it.idle(5);
  t.same(it.stored(), before, "nor is it removed");
});

t.test("an immutable one is recreated", async (t) => {
  const it = await started(t);
  const { api } = it.scene;
  it.createRun();
  await it.holds({ [rexKey]: "You are Rex." });
  const uid = it.stored()?.metadata.uid;
  api.change(ConfigMaps, { namespace: team, name: agentPromptsName }, (map) => (map.immutable = true));
  await it.scene.until("it is another object", () => it.stored()?.metadata.uid !== uid);
  await it.holds({ [rexKey]: "You are Rex." });
  t.equal(it.stored()?.immutable, undefined);
});

t.test("prompts that are too large are a terminal error: nothing is written, and nothing is retried", async (t) => {
  const half = "x".repeat(mostBytes / 2);
  const it = await started(t, {
    rex: { githubApp: "Rex", systemPrompt: half },
    nova: { githubApp: "Nova", systemPrompt: `${half}!` },
  });
  it.createRun();
  await it.scene.until("it is reported", () => it.scene.lines.some(({ level }) => level === "error"));
  const { fields } = it.scene.lines.find(({ level }) => level === "error") ?? {};
  t.match((fields?.err as Error).message, /have 1024001 bytes in total; a ConfigMap holds at most 1024000/);
  const terminal = metricOf(it.scene.manager, "controller_runtime_terminal_reconcile_errors_total", { controller });
  t.equal(await terminal, 1);
  await it.scene.clock.advance(3_600_000);
  t.equal(await it.failures, 1);
  t.same(it.scene.api.writes, []);
  it.agents = { rex: { githubApp: "Rex", systemPrompt: half }, nova: { githubApp: "Nova", systemPrompt: half } };
  it.enqueue();
  await it.scene.until("exactly the limit is written", () => it.stored()?.data !== undefined);
});

t.test("one that another replica or user creates at the same time is not overwritten", async (t) => {
  const it = await started(t);
  const { api } = it.scene;
  api.fault = ({ method, plural }) => {
    if (method !== "POST" || plural !== "configmaps") return undefined;
    api.fault = () => undefined;
    api.create(ConfigMaps, foreign({ [rexKey]: "theirs" }));
    return undefined;
  };
  it.createRun();
  await it.scene.until("the conflict is reported", () =>
    api.list(Events).some(({ reason }) => reason === "NameConflict"),
  );
  t.same(it.stored()?.data, { [rexKey]: "theirs" });
  t.equal(await it.failures, 0, "it is no failure");
});

t.test("nothing is retried in a namespace that is terminating", async (t) => {
  const it = await started(t);
  const terminating = [{ reason: "NamespaceTerminating", message: "is being terminated", field: "metadata.namespace" }];
  const times = failOnce(it.scene, "POST", ApiServer.error(403, "Forbidden", terminating));
  it.createRun();
  await it.scene.until("it was refused", () => times() === 1);
  await it.idle(1);
  await it.scene.clock.advance(60_000);
  t.equal(it.stored(), undefined);
  t.equal(await it.failures, 0);
});

t.test("any other error is retried", async (t) => {
  const it = await started(t);
  const times = failOnce(it.scene, "POST", ApiServer.error(403, "Forbidden"));
  it.createRun();
  await it.holds({ [rexKey]: "You are Rex." });
  t.equal(times(), 1);
  t.equal(await it.failures, 1);
});

t.test("an apply that fails after the creation is completed by the next reconcile", async (t) => {
  const it = await started(t);
  const times = failOnce(it.scene, "PATCH", ApiServer.error(403, "Forbidden"));
  it.createRun();
  await it.holds({ [rexKey]: "You are Rex." });
  t.equal(times(), 1);
});
