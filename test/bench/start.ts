/**
 * How long a pod takes from the creation of its run until its agent program begins: as a command with the keys in its environment, with
 * the gateway, with the start script, and with a repository that is cloned and delivered. Real pods; alternating, one at a time.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import type { TaskRun } from "#src/api/taskrun.js";
import { eventually } from "../eventually.js";
import { agentImage, AGENT_IMAGE } from "../e2e/agent-image.js";
import { GitScene, gitHosts, scriptedAgent } from "../e2e/git-scene.js";
import { realCluster, whyNot } from "../e2e/real-cluster.js";
import type { Figures } from "./main.js";
import { median } from "./measure.js";

const rounds = 8;

/** Prints when the agent program began, in nanoseconds since the epoch. */
const began = 'printf "began %s\\n" "$(date +%s%N)"';

type Variant = "command" | "gateway" | "script" | "repository";

export async function startSuite(): Promise<Figures> {
  if (whyNot !== undefined) throw new Error(whyNot);
  const ends: (() => unknown)[] = [];
  // what the helpers of tests use of a test
  const t = { teardown: (end: () => unknown) => ends.unshift(end), comment: () => undefined } as unknown as Test;
  try {
    const real = await realCluster(t);
    const directory = await mkdtemp(join(tmpdir(), "bench-start-"));
    await agentImage(join(directory, "agent.tar"));
    await real.cluster.loadImage(join(directory, "agent.tar"));
    await rm(directory, { recursive: true });
    const scene = await GitScene.of(t, real);
    const { githubUser } = await scene.user();
    const command = { ...scriptedAgent, image: AGENT_IMAGE, command: ["/bin/bash", "-c", began] };
    const configurations: Readonly<Record<Variant, object>> = {
      command: { agent: command, credentials: "environment" },
      gateway: { agent: command },
      script: { agent: scriptedAgent },
      repository: { agent: scriptedAgent, git: gitHosts(real) },
    };
    const found: Record<Variant, number[]> = { command: [], gateway: [], script: [], repository: [] };
    let taskId = 0;
    for (let round = 0; round < rounds; round++) {
      for (const variant of Object.keys(found) as Variant[]) {
        await real.configure(configurations[variant]);
        taskId++;
        const more: Partial<TaskRun["spec"]> =
          variant === "repository" ? { repository: { url: scene.urlOf("acme/auth"), githubUser } } : {};
        const run = scene.task(began, { taskId, serviceName: `service-${taskId}`, ...more });
        const created = Date.now();
        await real.apply(run);
        const log = await eventually(
          `the agent of ${variant} began`,
          async () => {
            const words = ["logs", "-n", scene.namespace, "-l", `task-id=${taskId}`, "-c", "claude-agent", "--tail=-1"];
            return /began (\d+)/.exec(await real.kubectl(words).catch(() => ""))?.[1];
          },
          120_000,
        );
        // the first round warms caches
        if (round > 0) found[variant].push(Number(BigInt(log) / 1_000_000n) - created);
        await real.when(t, run, "it has ended", ({ status }) => status?.completionTime !== undefined);
      }
    }
    return Object.fromEntries(
      Object.entries(found).map(([variant, values]) => [`start.${variant}Milliseconds`, median(values)]),
    );
  } finally {
    for (const end of ends) await end();
  }
}
