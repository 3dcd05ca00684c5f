/** The ledger of runs that history removed: what it remembers, in which writes, and what survives. */
import fc from "../property.js";
import t from "tap";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { injectedAnnotation } from "#src/api/injected.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { Ledger } from "#src/runs/ledger.js";
import { decodeSegment, encodeSegment, entryBytes, type EarlierEnd } from "#src/runs/ledger-segment.js";
import { specDigest } from "#src/runs/spec-digest.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";

const signal = new AbortController().signal;
const namespace = "orchestrator";
const end: EarlierEnd = {
  phase: "Failed",
  endedAt: Date.parse("2026-01-02T03:04:05Z"),
  retryAttempt: 3,
  spec: "00ff00ff00",
};

const runOf = (name: string | number) => ({ type: TaskRuns, key: { namespace: "team", name: `run-${name}` } });
const ledgerOf = (model: ModelCluster, capacity = 50_000): Ledger =>
  new Ledger({ client: model.client(), namespace, capacity: () => capacity });

/** Bytes of each ConfigMap of the ledger, as the API server counts them. */
function bytesOf(model: ModelCluster): number[] {
  return model
    .all(ConfigMaps)
    .map(({ binaryData = {} }) => Buffer.from(Object.values(binaryData).join(""), "base64").length);
}

const hex40 = fc.stringMatching(/^[0-9a-f]{10}$/);
const anyEnd: fc.Arbitrary<EarlierEnd> = fc.record({
  phase: fc.constantFrom("Succeeded", "Failed", "Cancelled"),
  endedAt: fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((seconds) => seconds * 1000),
  retryAttempt: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  spec: hex40,
});

t.test("a segment is read as it was written", (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(hex40, anyEnd), { maxLength: 40 }), (entries) => {
      const segment = new Map(entries);
      t.same([...decodeSegment(encodeSegment(segment))], [...segment]);
    }),
  );
  t.same([...decodeSegment("bm8gc2VnbWVudA==")], [], "what is too short is left out");
  t.end();
});

t.test("50,000 ends take less than 1 MiB, and each write is small", async (t) => {
  const model = new ModelCluster();
  const ledger = ledgerOf(model);
  const pass = 100;
  let largest = 0;
  model.onWrite = (when) => {
    if (when === "after") largest = Math.max(largest, bytesOf(model).at(-1) ?? 0);
  };
  for (let from = 0; from < 50_000; from += pass)
    await ledger.record(
      Array.from({ length: pass }, (_, index) => ({ ...runOf(from + index), end })),
      signal,
    );
  const total = bytesOf(model).reduce((sum, each) => sum + each, 0);
  t.equal(ledger.size, 50_000);
  t.equal(total, 50_000 * entryBytes);
  t.ok(total < 2 ** 20, `${total} bytes`);
  t.ok(largest <= 2048 * entryBytes, `${largest} bytes in one write`);
  t.ok(model.writes.length <= 50_000 / pass + 25, `${model.writes.length} writes for ${50_000 / pass} passes`);
  await ledger.record([{ ...runOf("last"), end }], signal);
  t.equal(ledger.endOf(runOf(0)), undefined, "beyond the bound the oldest are forgotten");
  t.same(ledger.endOf(runOf("last")), end);
  t.ok(ledger.size > 47_000 && ledger.size <= 50_000, `${ledger.size} are left`);
  const next = ledgerOf(model);
  await next.load(signal);
  t.equal(next.size, ledger.size, "the next leader remembers the same");
});

t.test("a name has one end, the newest; forgetting one leaves the others", async (t) => {
  const model = new ModelCluster();
  const ledger = ledgerOf(model);
  t.equal(ledger.isLoaded, false);
  await ledger.record(
    [1, 2, 3].map((name) => ({ ...runOf(name), end })),
    signal,
  );
  const newer = { ...end, phase: "Succeeded" as const };
  await ledger.record([{ ...runOf(1), end: newer }], signal);
  await ledger.forget(runOf(2), signal);
  await ledger.forget(runOf("unknown"), signal);
  const writes = model.writes.length;
  await ledger.forget(runOf(2), signal);
  t.equal(model.writes.length, writes, "nothing is written where nothing changes");
  for (const each of [ledger, ledgerOf(model)]) {
    await each.load(signal);
    t.same(
      [1, 2, 3].map((name) => each.endOf(runOf(name))),
      [newer, undefined, end],
    );
    t.equal(each.endOf({ ...runOf(1), type: { kind: "CodeRun" } }), undefined, "kinds are separate");
  }
  await ledger.forget(runOf(1), signal);
  await ledger.forget(runOf(3), signal);
  t.same(model.all(ConfigMaps), [], "an empty ledger leaves no ConfigMap");
});

t.test("a deleted ConfigMap is rewritten from memory", async (t) => {
  const model = new ModelCluster();
  const ledger = ledgerOf(model);
  await ledger.record([{ ...runOf(1), end }], signal);
  const key = { namespace, name: "orchestrator-ledger-1" };
  model.delete(ConfigMaps, key.name);
  t.equal(await ledger.restore({ namespace: "team", name: key.name }, signal), false);
  t.equal(await ledger.restore({ namespace, name: "another" }, signal), false);
  t.equal(await ledgerOf(model).restore(key, signal), false, "a replica that does not lead has nothing to restore");
  t.equal(await ledger.restore(key, signal), true);
  model.delete(ConfigMaps, key.name);
  await ledger.record([{ ...runOf(2), end }], signal);
  const next = ledgerOf(model);
  await next.load(signal);
  t.equal(next.size, 2, "and with the next write");
});

t.test(
  "whatever write fails or kills the leader, the next one has each name once, and what was confirmed",
  async (t) => {
    type Step = { readonly forget: number } | { readonly record: readonly number[] };
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({ forget: fc.nat(12) }),
      fc.record({ record: fc.uniqueArray(fc.nat(12), { minLength: 1, maxLength: 5 }) }),
    );
    const fault = fc.option(
      fc.record({ at: fc.integer({ min: 1, max: 3 }), when: fc.constantFrom("before", "after") }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, fault, fc.boolean()), { maxLength: 25 }), async (steps) => {
        const model = new ModelCluster();
        // a small bound makes small segments
        let ledger = ledgerOf(model, 16);
        /** What is remembered for certain; undefined: either. */
        const known = new Map<number, number | undefined | "gone">();
        for (const [index, [each, failing, isKilled]] of steps.entries()) {
          let writes = 0;
          model.onWrite = (when) => {
            if (when === "before") writes += 1;
            if (failing?.at === writes && failing.when === when) throw new Error("no");
          };
          const names = "forget" in each ? [each.forget] : each.record;
          const next = "forget" in each ? "gone" : index + 1;
          const done = await (
            "forget" in each
              ? ledger.forget(runOf(each.forget), signal)
              : ledger.record(
                  each.record.map((name) => ({ ...runOf(name), end: { ...end, retryAttempt: index + 1 } })),
                  signal,
                )
          ).then(
            () => true,
            () => false,
          );
          model.onWrite = () => undefined;
          for (const name of names) known.set(name, done ? next : undefined);
          if (isKilled || !done) ledger = ledgerOf(model, 16);
          await ledger.load(signal);
          for (const [name, attempt] of known) {
            const found = ledger.endOf(runOf(name))?.retryAttempt;
            if (attempt === "gone") t.equal(found, undefined, "what was forgotten stays forgotten");
            // the oldest may have been dropped
            else if (attempt !== undefined && found !== undefined) t.equal(found, attempt);
            if (found === undefined) known.set(name, "gone");
          }
          if ("record" in each && done) t.ok(names.every((name) => ledger.endOf(runOf(name)) !== undefined));
        }
      }),
      { numRuns: 300 },
    );
  },
);

t.test("with a bound of 0 nothing is remembered", async (t) => {
  const model = new ModelCluster();
  let capacity = 4;
  const ledger = new Ledger({ client: model.client(), namespace, capacity: () => capacity });
  await ledger.record(
    [1, 2, 3, 4, 5].map((name) => ({ ...runOf(name), end })),
    signal,
  );
  t.same(
    [1, 5].map((name) => ledger.endOf(runOf(name))),
    [undefined, end],
  );
  capacity = 0;
  t.equal(ledger.endOf(runOf(5)), undefined);
  await ledger.record([{ ...runOf(6), end }], signal);
  t.same(model.all(ConfigMaps), []);
});

t.test("the digest is of what the user requests, wherever the rest comes from", (t) => {
  const digest = (spec: Partial<TaskRun["spec"]>, injected?: string): string => {
    const run = exampleRun(spec);
    if (spec.priority === undefined) delete run.spec.priority;
    const annotations = injected === undefined ? {} : { [injectedAnnotation]: injected };
    return specDigest(taskRunKind, { ...run, metadata: { ...run.metadata, annotations } });
  };
  const plain = digest({});
  t.match(plain, /^[0-9a-f]{10}$/);
  t.equal(digest({ suspend: true, cancel: true, retryAttempt: 7 }), plain, "not of what controls it");
  t.equal(digest({ priority: "medium", contextVersion: 1 }), plain, "not of the schema's defaults");
  t.equal(digest({ image: "a:1" }, "image"), plain, "not of the configuration");
  t.not(digest({ image: "a:1" }), plain);
  t.not(digest({ priority: "high" }), plain);
  t.not(digest({ contextVersion: 2 }), plain);
  const files = (content: string): TaskRun["spec"]["markdownFiles"] => [
    { filename: "task.md", content, fileType: "task" },
  ];
  t.not(digest({ markdownFiles: files("a") }), digest({ markdownFiles: files("b") }));
  const request = (requests: Record<string, string>): string => digest({ resources: { requests } });
  t.equal(request({ cpu: "1", memory: "1Gi" }), request({ memory: "1Gi", cpu: "1" }), "not of the order of members");
  t.end();
});
