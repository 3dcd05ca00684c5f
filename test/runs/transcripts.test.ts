/** Logs of attempts reach the archive once, before their Jobs go; whatever fails in between is tried again, or said. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { Registry } from "prom-client";
import t from "tap";
import { parse } from "yaml";
import type { TaskRun } from "#src/api/taskrun.js";
import { archivePath, keyOfPath, type ArchiveKey } from "#src/archive/archive-store.js";
import { decodeTranscript } from "#src/archive/archived-transcript.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { planTidying } from "#src/runs/plan/tidying.js";
import { secretFreeEnd } from "#src/runs/transcript-text.js";
import { Transcripts } from "#src/runs/transcripts.js";
import type { Patch, RawRequest } from "#src/runtime/client/client.js";
import { NotFound, ServerError } from "#src/runtime/client/errors.js";
import type { Job, ObjectKey, Pod, Stored } from "#src/runtime/client/objects.js";
import { silentLogger } from "#src/runtime/logger.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { exampleRun } from "./model-cluster.js";

const { signal } = new AbortController();
const call = { method: "GET", path: "/" };
const annotation = "orchestrator.io/transcript";

/** A line as the API server gives it. */
const stamped = (text: string): string => text.replaceAll(/^(?=.)/gm, "2026-01-01T00:00:00.000000000Z ");

class Scene {
  readonly clock = new FakeClock(Date.parse("2026-01-01T01:00:00Z"));
  readonly runs: Stored<TaskRun>[] = [];
  readonly jobs: Stored<Job>[] = [];
  readonly pods: Stored<Pod>[] = [];
  readonly logs = new Map<string, string | Error>();
  readonly kept = new Map<string, Buffer>();
  readonly asked: URLSearchParams[] = [];
  readonly registry = new Registry();
  rules = { ...defaultConfiguration.history.archive, directory: "/archive", transcriptKiB: 1 };
  /** What the store fails with, for the run of a name. */
  refuses: (name: string) => boolean = () => false;
  tries = 0;
  readonly transcripts: Transcripts<TaskRun>;

  constructor() {
    const store = {
      put: async (key: ArchiveKey, _version: string, document: Buffer) => {
        this.tries += 1;
        await Promise.resolve();
        if (this.refuses(key.name)) throw new Error("the store is away");
        this.kept.set(archivePath(key), document);
      },
    };
    this.transcripts = new Transcripts<TaskRun>({
      ...{ kind: taskRunKind, clock: this.clock, logger: silentLogger, registry: this.registry },
      client: { raw: (request: RawRequest) => this.#log(request), patch: this.#patch } as never,
      runs: { list: () => this.runs },
      jobs: { byIndex: (_, uid) => this.jobs.filter((job) => job.metadata.ownerReferences?.[0]?.uid === uid) },
      pods: { byIndex: (_, uid) => this.pods.filter((pod) => pod.metadata.labels?.owner === uid) },
      ...{ rules: () => this.rules, store: () => store },
    });
  }

  /** A run with a finished attempt whose pod has this log; undefined: no pod. */
  add(name: string, log: string | Error | undefined, containers: readonly string[] = ["claude-agent"]): Stored<Job> {
    const run = exampleRun();
    const metadata = { ...run.metadata, name, namespace: "team", uid: `run-${name}`, resourceVersion: "1" };
    const runs = [{ number: 2, jobName: `${name}-2`, jobUID: `job-${name}`, cause: "Initial", outcome: "Failed" }];
    const stored = { ...run, metadata, status: { phase: "Failed", runs } } as unknown as Stored<TaskRun>;
    const owner = { apiVersion: "orchestrator.io/v1", kind: "TaskRun", name, uid: metadata.uid, controller: true };
    const job = {
      metadata: {
        ...{ name: `${name}-2`, namespace: "team", uid: `job-${name}`, resourceVersion: "1" },
        ...{ labels: { "orchestrator.io/run": "2" }, ownerReferences: [owner] },
      },
      status: { conditions: [{ type: "Failed", status: "True", lastTransitionTime: "2026-01-01T00:59:50Z" }] },
    } as unknown as Stored<Job>;
    this.runs.push(stored);
    this.jobs.push(job);
    if (log === undefined) return job;
    this.logs.set(`pod-${name}`, log);
    this.pods.push({
      metadata: {
        ...{ name: `pod-${name}`, namespace: "team", uid: `pod-${name}`, resourceVersion: "1" },
        labels: { owner: metadata.uid },
        ownerReferences: [
          { apiVersion: "batch/v1", kind: "Job", name: `${name}-2`, uid: `job-${name}`, controller: true },
        ],
      },
      status: {
        phase: "Failed",
        containerStatuses: containers.map((each) => ({ name: each, state: { terminated: { exitCode: 1 } } })),
      },
    } as unknown as Stored<Pod>);
    return job;
  }

  readonly #patch = async (_: unknown, { name }: ObjectKey, { body }: Patch): Promise<void> => {
    await Promise.resolve();
    const { metadata } = body as { metadata: { uid: string; annotations: Record<string, string> } };
    const index = this.jobs.findIndex((job) => job.metadata.name === name && job.metadata.uid === metadata.uid);
    const job = this.jobs[index];
    if (job === undefined) throw new NotFound({}, 404, call);
    this.jobs[index] = { ...job, metadata: { ...job.metadata, annotations: metadata.annotations } };
  };

  /** As the API server: the last lines, and of these the first bytes. */
  async #log({ path }: RawRequest): Promise<string> {
    await Promise.resolve();
    const [, name = "", query = ""] = /pods\/([^/]+)\/log\?(.*)/.exec(path) ?? [];
    const parameters = new URLSearchParams(query);
    this.asked.push(parameters);
    const log = this.logs.get(name) ?? "";
    if (log instanceof Error) throw log;
    const lines = stamped(log).split(/(?<=\n)/);
    const tail = lines.slice(-Number(parameters.get("tailLines"))).join("");
    return tail.slice(0, Number(parameters.get("limitBytes")));
  }

  state(name: string): string | undefined {
    return this.jobs.find((job) => job.metadata.name === `${name}-2`)?.metadata.annotations?.[annotation];
  }

  async document(name: string): Promise<Awaited<ReturnType<typeof decodeTranscript>>> {
    return decodeTranscript(this.kept.get(`team/taskruns/${name}/run-${name}/attempt-2.json.gz`) ?? Buffer.alloc(0));
  }
}

t.test("the log of a finished attempt is kept once, without keys, as its schema says", async (t) => {
  const scene = new Scene();
  scene.add("one", 'begin\nexport TOKEN=abcdef123456\n{"a": 1}\nend\n');
  await scene.transcripts.keep(signal);
  const document = await scene.document("one");
  t.same(document, {
    ...{ formatVersion: 1, attempt: 2, jobUID: "job-one", pod: "pod-one", container: "claude-agent" },
    run: { kind: "TaskRun", namespace: "team", name: "one", uid: "run-one" },
    ...{ isCut: false, text: 'begin\nexport TOKEN=<removed>\n{"a": 1}\nend\n' },
  });
  const source = readFileSync(new URL("../../../schemas/archived-transcript.yaml", import.meta.url), "utf8");
  const validate = new Ajv2020({ strict: false }).compile(parse(source) as object);
  t.ok(validate(document), JSON.stringify(validate.errors));
  t.equal(scene.state("one"), "kept");
  await scene.transcripts.keep(signal);
  t.equal(scene.tries, 1);
  t.match(await scene.registry.metrics(), /taskrun_transcripts_total\{result="kept"\} 1\n/);
});

t.test("the end of a long log is kept, from the beginning of a line", async (t) => {
  const scene = new Scene();
  scene.add("one", Array.from({ length: 30_000 }, (_, index) => `line ${index}\n`).join(""));
  scene.add("two", `${"x".repeat(1_000)}\n`.repeat(15_000));
  await scene.transcripts.keep(signal);
  const one = await scene.document("one");
  t.ok(one.isCut);
  t.match(one.text, /^line \d+\n[^]*line 29999\n$/);
  t.ok(Buffer.byteLength(one.text) <= 1_024);
  t.match((await scene.document("two")).text, /^x{1000}\n$/);
  const lines = scene.asked.map((each) => Number(each.get("tailLines")));
  t.same(lines, [20_000, 20_000, 10_000, 5_000, 2_500], "it reads until the end is among what comes");
});

t.test("text is cut within no character, and a key at the cut is still recognized", (t) => {
  t.same(secretFreeEnd("äöü", 3, false), { text: "ü", isCut: true });
  t.same(secretFreeEnd("äöü", 6, false), { text: "äöü", isCut: false });
  t.same(secretFreeEnd("all of it", 100, true), { text: "all of it", isCut: true });
  const { text } = secretFreeEnd(`ghp_${"a".repeat(500)} and more`, 100, false);
  t.equal(text, "<removed> and more");
  t.end();
});

t.test("what has no log is said on the Job", async (t) => {
  const scene = new Scene();
  scene.add("gone", undefined);
  scene.add("deleted", new NotFound({}, 404, call));
  scene.add("never", "", []);
  scene.add("prepare", "cannot clone\n", ["prepare-workspace"]);
  await scene.transcripts.keep(signal);
  t.same(
    ["gone", "deleted", "never"].map((name) => scene.state(name)),
    [undefined, "lost", undefined],
    "caches may lag",
  );
  t.match(await scene.document("prepare"), { container: "prepare-workspace", text: "cannot clone\n" });
  scene.clock.advanceSync(60_000);
  await scene.transcripts.keep(signal);
  t.same(
    ["gone", "deleted", "never"].map((name) => scene.state(name)),
    ["lost", "lost", "none"],
  );
});

t.test("a log that cannot be read is tried for ten minutes", async (t) => {
  const scene = new Scene();
  scene.add("one", new ServerError({}, 503, call));
  await scene.transcripts.keep(signal);
  t.equal(scene.state("one"), undefined);
  scene.clock.advanceSync(300_000);
  scene.logs.set("pod-one", "after all\n");
  await scene.transcripts.keep(signal);
  t.equal(scene.state("one"), "kept");
  scene.add("two", new ServerError({}, 503, call));
  scene.clock.advanceSync(600_000);
  await scene.transcripts.keep(signal);
  t.equal(scene.state("two"), "lost");
});

t.test("a store that refuses one log gets the others; an unavailable one is not tried for each", async (t) => {
  const scene = new Scene();
  for (let index = 0; index < 10; index++) scene.add(`run-${index}`, "x\n");
  scene.refuses = (name) => name === "run-0";
  await scene.transcripts.keep(signal);
  t.equal(scene.kept.size, 9);
  t.equal(scene.state("run-0"), undefined);
  scene.refuses = () => true;
  for (let index = 10; index < 20; index++) scene.add(`run-${index}`, "x\n");
  const before = scene.tries;
  await scene.transcripts.keep(signal);
  t.equal(scene.tries - before, 4);
  scene.rules = { ...scene.rules, giveUpSeconds: 60 };
  scene.clock.advanceSync(60_000);
  scene.refuses = (name) => name === "run-0";
  await scene.transcripts.keep(signal);
  t.equal(scene.state("run-0"), "lost");
  t.equal(scene.kept.size, 19);
});

t.test("until its log is kept, neither its TTL nor history removes a Job", async (t) => {
  const scene = new Scene();
  scene.add("one", "x\n");
  const [run, job] = [scene.runs[0], scene.jobs[0]];
  if (run === undefined || job === undefined) throw new Error("there is no run");
  const plan = (stored: Stored<Job>): unknown[] => {
    const configuration = {
      ...defaultConfiguration,
      history: { ...defaultConfiguration.history, archive: scene.rules },
    };
    const observed = { run, jobs: [{ number: 2, job: stored }] };
    const now = scene.clock.now() + 1e9;
    return planTidying({ observed, configuration, now } as never).actions as unknown[];
  };
  t.same(plan(job), []);
  t.equal(scene.transcripts.awaits(run), true);
  await scene.transcripts.keep(signal);
  t.match(plan(scene.jobs[0] ?? job), [{ do: "stopJob" }]);
  t.equal(scene.transcripts.awaits(run), false);
  scene.rules = { ...scene.rules, transcriptKiB: 0 };
  t.match(plan(job), [{ do: "stopJob" }], "off: as before");
});

t.test("a Job that runs, or is being deleted, has no log to keep; off, nothing is requested", async (t) => {
  const scene = new Scene();
  const [first, second] = [scene.add("one", "x\n"), scene.add("two", "x\n")];
  scene.jobs[0] = { ...first, status: {} };
  scene.jobs[1] = { ...second, metadata: { ...second.metadata, deletionTimestamp: "2026-01-01T00:59:55Z" } };
  await scene.transcripts.keep(signal);
  t.equal(scene.asked.length, 0);
  scene.add("three", "x\n");
  scene.rules = { ...scene.rules, transcriptKiB: 0 };
  await scene.transcripts.keep(signal);
  t.equal(scene.asked.length, 0);
});

t.test("a Job that is removed while its log is read is not an error", async (t) => {
  const scene = new Scene();
  scene.add("one", "x\n");
  const keep = scene.transcripts.keep(signal);
  scene.jobs.length = 0;
  await keep;
  t.equal(scene.kept.size, 1);
});

t.test("lists of runs do not show logs", (t) => {
  const key = { namespace: "team", plural: "taskruns", name: "one", uid: "u", attempt: 3 };
  t.equal(archivePath(key), "team/taskruns/one/u/attempt-3.json.gz");
  t.equal(keyOfPath(archivePath(key)), undefined);
  t.end();
});
