/** The ConfigMap `controller-agents` on a real API server: created, restored, and left unchanged if it is foreign. */
import { isDeepStrictEqual } from "node:util";
import t, { type Test } from "tap";
import { stringify } from "yaml";
import { CodeRuns } from "#src/api/coderun.js";
import { DocsRuns } from "#src/api/docsrun.js";
import { ConfigMaps, Events, Namespaces } from "#src/runtime/client/builtin.js";
import { NotFound } from "#src/runtime/client/errors.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { ConfigMap, Stored } from "#src/runtime/client/objects.js";
import { agentPromptsName } from "#src/configuration/names.js";
import { eventually } from "../eventually.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { startOperator } from "./operator.js";

let client: HttpClient;
const own = "orchestrator";

t.before(async () => {
  const cluster = await testCluster(t);
  client = await adminClient(t, cluster);
  await startOperator(t, cluster);
  t.teardown(() => Promise.all([configure({}), templates({})]));
});

async function configure(content: object): Promise<void> {
  const metadata = { namespace: own, name: "taskrun-controller-config" };
  await client.apply(ConfigMaps, { metadata, data: { "config.yaml": stringify(content) } });
}

async function templates(data: Record<string, string>): Promise<void> {
  await client.apply(ConfigMaps, { metadata: { namespace: own, name: "agent-templates" }, data });
}

async function createRun(namespace: string): Promise<void> {
  const spec = { taskId: 1, service: "auth", repositoryUrl: "a/b", docsRepositoryUrl: "a/b", githubApp: "5DLabs-Rex" };
  await client.create(CodeRuns, { metadata: { namespace, name: "play" }, spec });
}

/** A namespace with a run. */
async function withRun(t: Test): Promise<string> {
  const namespace = await testNamespace(t, client);
  await createRun(namespace);
  return namespace;
}

const read = (namespace: string): Promise<Stored<ConfigMap>> =>
  client.get(ConfigMaps, { namespace, name: agentPromptsName });

async function holds(namespace: string, what: string, data: ConfigMap["data"]): Promise<void> {
  await eventually(what, async () => isDeepStrictEqual((await read(namespace)).data, data));
}

const rexKey = "5DLabs-Rex_system-prompt.md";

t.test(
  "profiles become system prompts in every namespace with runs, and runs have the same prompts among their files",
  async (t) => {
    const rex = { githubApp: "5DLabs-Rex", systemPrompt: "You are Rex.\n" };
    await configure({ agents: { rex } });
    const [first, empty] = [await withRun(t), await testNamespace(t, client)];
    await holds(first, "the prompts are there", { [rexKey]: "You are Rex.\n" });
    const files = await eventually("the run has files", () =>
      client.get(ConfigMaps, { namespace: first, name: "coderun-1-auth-play-run-1-files" }),
    );
    t.equal(files.data?.["system-prompt.md"], "You are Rex.\n");
    await t.rejects(read(empty), NotFound, "where there are no runs there are no prompts");
    const directory = { repositoryUrl: "a/b", workingDirectory: ".", sourceBranch: "main", githubApp: "5DLabs-Rex" };
    await client.create(DocsRuns, { metadata: { namespace: empty, name: "generate" }, spec: directory });
    await holds(empty, "a DocsRun brings them too", { [rexKey]: "You are Rex.\n" });

    t.comment("the configuration changes");
    await configure({ agents: { rex: { ...rex, systemPrompt: "Other.\n" }, nova: { githubApp: "My Nova" } } });
    await eventually("there are two", async () => Object.keys((await read(first)).data ?? {}).length === 2);
    t.match((await read(first)).data, { [rexKey]: "Other.\n", "My-Nova_system-prompt.md": /who implements tasks/ });

    t.comment("the templates change");
    await templates({ "agents_generic-system-prompt.md.hbs": '{{default agent.githubApp "-"}}' });
    await holds(empty, "all namespaces follow", { "My-Nova_system-prompt.md": "My Nova", [rexKey]: "Other.\n" });

    t.comment("a user edits one, and adds another");
    const key = { namespace: first, name: agentPromptsName };
    const edit = { data: { [rexKey]: "edited", "notes.md": "mine" } };
    await client.patch(ConfigMaps, key, { type: "merge", body: edit });
    const repaired = { "My-Nova_system-prompt.md": "My Nova", [rexKey]: "Other.\n", "notes.md": "mine" };
    await eventually("it is put right", async () => (await read(first)).data?.[rexKey] === "Other.\n");
    t.same((await read(first)).data, repaired, "what is beside it stays");

    t.comment("an agent goes from the configuration");
    await configure({ agents: { rex: { githubApp: "5DLabs-Rex", systemPrompt: "Other.\n" } } });
    await holds(empty, "its prompt goes", { [rexKey]: "Other.\n" });

    t.comment("a user deletes it, or makes it immutable");
    const { uid } = (await read(first)).metadata;
    await client.delete(ConfigMaps, key);
    await holds(first, "it is back", { [rexKey]: "Other.\n" });
    t.not((await read(first)).metadata.uid, uid);
    await client.patch(ConfigMaps, key, { type: "merge", body: { immutable: true } });
    await eventually("it can be changed again", async () => (await read(first)).immutable !== true);

    t.comment("no profiles, no prompts");
    await configure({});
    for (const namespace of [first, empty])
      await eventually("they are gone", () =>
        read(namespace).then(
          () => false,
          (error: unknown) => error instanceof NotFound,
        ),
      );
  },
);

t.test("a foreign ConfigMap of that name is left unchanged and reported", async (t) => {
  const namespace = await testNamespace(t, client);
  const metadata = { namespace, name: agentPromptsName };
  const theirs = await client.create(ConfigMaps, { metadata, data: { [rexKey]: "theirs" } });
  await configure({ agents: { rex: { githubApp: "5DLabs-Rex" } } });
  await createRun(namespace);
  await eventually("it is reported", async () => {
    const { items } = await client.list(Events, { namespace });
    return items.some(({ reason, regarding }) => reason === "NameConflict" && regarding?.name === agentPromptsName);
  });
  t.equal((await read(namespace)).metadata.resourceVersion, theirs.metadata.resourceVersion);
  await configure({});
  const settled = await withRun(t);
  await eventually("another run is up", () =>
    client.get(ConfigMaps, { namespace: settled, name: "coderun-1-auth-play-run-1-files" }),
  );
  t.same((await read(namespace)).data, { [rexKey]: "theirs" });
});

t.test("a namespace that is selected later gets the prompts", async (t) => {
  const agents = { rex: { githubApp: "5DLabs-Rex", systemPrompt: "You are Rex." } };
  await configure({ agents, namespaces: { matchLabels: { "agents-here": "yes" } } });
  const [chosen, later] = [await testNamespace(t, client, { "agents-here": "yes" }), await withRun(t)];
  await createRun(chosen);
  await holds(chosen, "the prompts are where runs are managed", { [rexKey]: "You are Rex." });
  await t.rejects(read(later), NotFound);
  const labels = { "agents-here": "yes" };
  await client.patch(Namespaces, { name: later }, { type: "merge", body: { metadata: { labels } } });
  await holds(later, "and in the other one, too", { [rexKey]: "You are Rex." });
  await configure({});
});
