/** Claude Code itself as the agent of a TaskRun without a repository, in a container like that of its pod. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { exampleRun } from "../runs/model-cluster.js";
import { type End, Pod } from "../templates/pod.js";
import { installed } from "./installed.js";
import { noContainer, startLikeAPod } from "./pod-like.js";
import { ModelServer } from "./model-server.js";
import { scripted } from "./scene.js";
import { podOf } from "../kinds/attempt.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { taskRunKind } from "#src/kinds/taskrun/taskrun.js";
import { TemplateSource } from "#src/templates/source.js";

const found = await installed("claude");
const skip = noContainer ?? (typeof found === "string" ? found : false);
const kind = taskRunKind(new TemplateSource());

interface Scene {
  readonly pod: Pod;
  readonly model: ModelServer;
  readonly attempt: (number: number, spec?: Partial<TaskRun["spec"]>) => Promise<End>;
}

async function scene(t: Test): Promise<Scene> {
  if (typeof found === "string") throw new Error(found);
  const pod = new Pod();
  const model = await ModelServer.start();
  t.teardown(async () => {
    await model.stop();
    pod.remove();
  });
  pod.install("claude", found.command);
  pod.secret("unused", "nothing");
  const attempt = async (number: number, spec: Partial<TaskRun["spec"]> = {}): Promise<End> => {
    const runs = Array.from({ length: number - 1 }, (_, index) => ({
      ...{ number: index + 1, jobName: `run-${index + 1}`, cause: "Initial" },
    }));
    const run: TaskRun = { ...exampleRun({ model: "claude-opus-4-5", ...spec }), status: { runs } };
    const [container] = podOf(kind, run, defaultConfiguration).containers;
    const told = (container?.env ?? []).flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]));
    const environment: Record<string, string> = {
      ...(Object.fromEntries(told) as Record<string, string>),
      ...{ ANTHROPIC_API_KEY: "sk-ant-api03-not-a-real-key-0123456789", ANTHROPIC_BASE_URL: model.url },
      ...model.proxyVariables,
    };
    return await pod.end(
      startLikeAPod(pod, kind.files(run, number, defaultConfiguration), environment, [found.directory]),
    );
  };
  return { pod, model, attempt };
}

t.test(
  "Claude Code completes the task of a TaskRun, and continues its session in the next attempt",
  { skip },
  async (t) => {
    const { pod, model, attempt } = await scene(t);
    const call = { tool: "Bash", input: { command: "echo made > made.txt", description: "Makes it" } };
    model.answer = scripted([call], "All done.");
    const { code, output, message } = await attempt(1);
    t.equal(code, 0, output);
    t.match(message, { summary: "All done.", sessionId: /./ });
    const { spec } = exampleRun();
    t.equal(readFileSync(join(pod.workspace, spec.serviceName, "made.txt"), "utf8"), "made\n");
    const [question] = model.questions;
    t.equal(question?.model, "claude-opus-4-5");
    const asked = question?.asked.join("\n") ?? "";
    for (const { content } of spec.markdownFiles) {
      const part = content.trim();
      t.equal(asked.split(part).length, 2, `${part} is before the model, once`);
    }
    const before = model.questions.length;
    const again = await attempt(2);
    t.equal(again.code, 0, again.output);
    t.equal(again.message.sessionId, message.sessionId);
    t.ok(model.questions[before]?.answered.includes("All done."), "the model gets its own earlier words");
    t.same([...model.hosts], [], "it contacts no other host");
  },
);

t.test("tools that a TaskRun denies are not used", { skip }, async (t) => {
  const { model, attempt } = await scene(t);
  const call = { tool: "Bash", input: { command: "echo made > made.txt", description: "Makes it" } };
  model.answer = scripted([call], "All done.");
  const { code, output } = await attempt(1, { agentTools: [{ name: "bash", enabled: false }, { name: "read" }] });
  t.equal(code, 0, output);
  t.notOk(model.questions[0]?.tools.includes("Bash"), "the model is not even offered it");
});
