/** Context that people add: nothing is lost, and nothing starts an attempt twice. */
import t from "tap";
import { CodeRuns } from "#src/api/coderun.js";
import { DocsRuns } from "#src/api/docsrun.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import type { Found } from "#src/operations/any-run.js";
import { addContext } from "#src/operations/context.js";
import { apiError } from "#src/runtime/client/errors.js";
import { findRun } from "#src/operations/find.js";
import { exampleRun, ModelCluster } from "../runs/model-cluster.js";

const namespace = "orchestrator";

function withTaskRun(spec: Partial<TaskRun["spec"]> = {}): ModelCluster {
  const model = new ModelCluster();
  const { metadata: _, ...run } = exampleRun(spec);
  model.create(TaskRuns, { ...run, metadata: { name: "one", namespace } });
  return model;
}

function withCodeRun(promptModification?: string): ModelCluster {
  const model = new ModelCluster();
  const repositories = {
    repositoryUrl: "https://github.com/acme/app",
    docsRepositoryUrl: "https://github.com/acme/docs",
  };
  const required = { taskId: 1, service: "app", githubUser: "rex", ...repositories };
  const spec = { ...required, ...(promptModification !== undefined && { promptModification }) };
  const metadata = { name: "one", namespace };
  model.create(CodeRuns, { apiVersion: "orchestrator.io/v1", kind: "CodeRun", metadata, spec });
  return model;
}

const found = (model: ModelCluster): Promise<Found> => findRun(model.client(), namespace, "one");

function specOf(model: ModelCluster): TaskRun["spec"] {
  const run = model.get(TaskRuns, "one");
  if (run === undefined) throw new Error("the run is gone");
  return run.spec;
}

t.test("a TaskRun gets another file and another context version", async (t) => {
  const model = withTaskRun();
  const before = specOf(model).markdownFiles;
  const { changed, what } = await addContext(model.client(), await found(model), { text: "Use UTC." });
  t.ok(changed);
  t.equal(what, "context added as context-2.md");
  const file = { filename: "context-2.md", content: "Use UTC.", fileType: "context" };
  t.match(specOf(model), { contextVersion: 2, markdownFiles: [...before, file] });
});

t.test("the same context again changes nothing, so that no further attempt starts", async (t) => {
  const model = withTaskRun();
  await addContext(model.client(), await found(model), { text: "Use UTC." });
  const again = await addContext(model.client(), await found(model), { text: "Use UTC." });
  t.match(again, { changed: false, what: "has this context already" });
  t.equal(specOf(model).contextVersion, 2);
});

t.test("a named file replaces the one of its name, and a generated name never takes a used one", async (t) => {
  const taken = { filename: "context-2.md", content: "mine" };
  const model = withTaskRun({ markdownFiles: [taken] });
  const add = async (text: string, filename?: string): Promise<string> =>
    (await addContext(model.client(), await found(model), { text, ...(filename && { filename }) })).what;
  t.equal(await add("first"), "context added as context-3.md");
  t.equal(await add("second", "notes.md"), "context added as notes.md");
  t.equal(await add("third", "notes.md"), "context added as notes.md");
  t.same(
    specOf(model).markdownFiles.map(({ filename, content }) => [filename, content]),
    [
      ["context-2.md", "mine"],
      ["context-3.md", "first"],
      ["notes.md", "third"],
    ],
  );
  t.equal(await add("third", "notes.md"), "has this context already");
  t.equal(specOf(model).contextVersion, 4);
});

t.test("fifty additions at once are all there", async (t) => {
  const model = withTaskRun();
  const run = await found(model);
  const texts = Array.from({ length: 50 }, (_, index) => `context ${index}`);
  await Promise.all(texts.map((text) => addContext(model.client(), run, { text })));
  const contents = specOf(model).markdownFiles.map(({ content }) => content);
  t.strictSame(
    texts.filter((text) => !contents.includes(text)),
    [],
  );
  t.equal(specOf(model).contextVersion, 51);
});

t.test("a change that is denied on a state that others have changed is decided again", async (t) => {
  const model = withTaskRun();
  const run = await found(model);
  const client = model.client();
  let patches = 0;
  const denying: typeof client = Object.assign(Object.create(client) as typeof client, {
    patch: async (...args: Parameters<typeof client.patch>) => {
      patches += 1;
      if (patches > 1) return client.patch(...args);
      // as the API server does: the transition rules of the schema come before the version is compared
      await addContext(client, run, { text: "first" });
      const message = "spec.contextVersion: Invalid value: 2: cannot decrease";
      throw apiError({ message, reason: "Invalid" }, 422, { method: "PATCH", path: "/" });
    },
  });
  await addContext(denying, run, { text: "second" });
  t.match(specOf(model), { contextVersion: 3 });
  const invalid = apiError({ message: "too long", reason: "Invalid" }, 422, { method: "PATCH", path: "/" });
  const refusing = Object.assign(Object.create(client) as typeof client, { patch: () => Promise.reject(invalid) });
  await t.rejects(
    addContext(refusing, await found(model), { text: "third" }),
    invalid,
    "on the present state it is final",
  );
});

t.test("a CodeRun gets another paragraph of its prompt", async (t) => {
  for (const [before, after] of [
    [undefined, "Use UTC."],
    ["Be brief.", "Be brief.\n\nUse UTC."],
  ] as const) {
    const model = withCodeRun(before);
    for (const changed of [true, false])
      t.equal((await addContext(model.client(), await found(model), { text: "Use UTC." })).changed, changed);
    t.match(model.get(CodeRuns, "one")?.spec, { promptModification: after, contextVersion: 2 });
  }
});

t.test("what cannot take context is refused", async (t) => {
  const refused = async (model: ModelCluster, text: string, message: RegExp): Promise<void> => {
    await t.rejects(async () => addContext(model.client(), await found(model), { text }), {
      name: "OperationError",
      message,
    });
  };
  await refused(withTaskRun(), " \n", /is empty/);
  await refused(withTaskRun({ cancel: true }), "more", /is cancelled and cannot run again/);
  const docs = new ModelCluster();
  const metadata = { name: "one", namespace };
  docs.create(DocsRuns, { apiVersion: "orchestrator.io/v1", kind: "DocsRun", metadata, spec: {} } as never);
  await refused(docs, "more", /takes no context/);
});
