/** The rounds in which the logs of running agents are read. */
import t from "tap";
import type { TaskRun } from "#src/api/taskrun.js";
import { Progress } from "#src/runs/progress/progress.js";
import type { RawRequest } from "#src/runtime/client/client.js";
import type { Pod, Stored } from "#src/runtime/client/objects.js";
import { silentLogger } from "#src/runtime/logger.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import { taskRunKind } from "../../kinds/task-runs.js";
import { exampleRun } from "../model-cluster.js";

const { signal } = new AbortController();

const edits = (file: string): string =>
  `${JSON.stringify({ type: "assistant", message: { content: [{ type: "tool_use", name: "Edit", input: { file_path: file } }] } })}\n`;

function scene(names: readonly string[]) {
  const runs = names.map((name): Stored<TaskRun> => {
    const run = exampleRun();
    const metadata = { ...run.metadata, name, uid: `uid-${name}`, resourceVersion: "1" };
    return { ...run, metadata, status: { phase: "Running", reason: "Running" } };
  });
  const logs = new Map<string, string | Error>();
  const asked: string[] = [];
  const changed: string[] = [];
  const settings = { enabled: true, seconds: 30 };
  let underWay = 0;
  let most = 0;
  const progress = new Progress<TaskRun>({
    kind: taskRunKind,
    client: {
      raw: async ({ path }: RawRequest) => {
        asked.push(path);
        underWay += 1;
        most = Math.max(most, underWay);
        await Promise.resolve();
        underWay -= 1;
        const [, name = ""] = /pods\/([^/]+)\/log/.exec(path) ?? [];
        const log = logs.get(name) ?? "";
        if (log instanceof Error) throw log;
        return log;
      },
    },
    runs: { list: () => runs },
    pods: {
      byIndex: (_index, uid): Stored<Pod>[] => [
        {
          metadata: {
            name: uid.replace("uid-", "pod-"),
            namespace: "orchestrator",
            uid: `of-${uid}`,
            resourceVersion: "1",
          },
          spec: { containers: [] },
          status: { phase: "Running" },
        },
      ],
    },
    ...{ clock: new FakeClock(0), logger: silentLogger, settings: () => settings },
    onChange: ({ name }) => changed.push(name),
  });
  return { progress, runs, logs, asked, changed, settings, most: () => most };
}

t.test("a run is reported when its agent does something else, and forgotten when it has ended", async (t) => {
  const { progress, runs, logs, changed, asked } = scene(["one", "two"]);
  logs.set("pod-one", edits("a.ts"));
  await progress.read(signal);
  t.equal(progress.of("uid-one"), "Edit: a.ts");
  t.equal(progress.of("uid-two"), undefined);
  t.match(
    asked[0],
    /\/api\/v1\/namespaces\/orchestrator\/pods\/pod-one\/log\?container=claude-agent&tailLines=30&limitBytes=262144$/,
  );
  await progress.read(signal);
  t.same(changed, ["one"], "nothing is new");
  logs.set("pod-one", edits("b.ts"));
  logs.set("pod-two", edits("c.ts"));
  await progress.read(signal);
  t.same(changed, ["one", "one", "two"]);
  logs.set("pod-one", new Error("its node is away"));
  await progress.read(signal);
  t.equal(progress.of("uid-one"), "Edit: b.ts", "what is known stays");
  const [first] = runs;
  if (first !== undefined) first.status = { phase: "Succeeded", reason: "Completed" };
  await progress.read(signal);
  t.equal(progress.of("uid-one"), undefined);
});

t.test("logs are read a few at a time, and none when it is off", async (t) => {
  const { progress, asked, settings, logs, most } = scene(Array.from({ length: 50 }, (_, index) => `run-${index}`));
  logs.set("pod-run-1", edits("a.ts"));
  await progress.read(signal);
  t.equal(asked.length, 50);
  t.ok(most() <= 8, `${most()} at once`);
  settings.enabled = false;
  await progress.read(signal);
  t.equal(asked.length, 50);
  t.equal(progress.of("uid-run-1"), undefined, "nothing old is told");
});
