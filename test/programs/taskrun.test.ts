/** A TaskRun's pod with Claude Code itself, configured as docs/guide/taskrun.md says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { exampleRun } from "../runs/model-cluster.js";
import { type End, Pod } from "../templates/pod.js";
import { ofTheGuide } from "./guide.js";
import { installed } from "./installed.js";
import { noContainer, startLikeAPod } from "./pod-like.js";
import { ModelServer } from "./model-server.js";
import { scripted } from "./scene.js";
import { taskRunFiles } from "#src/kinds/taskrun/files.js";
import { podOf } from "../kinds/attempt.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { prepareScript } from "#src/kinds/taskrun/prepare.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { shellQuote } from "#src/shell-quote.js";

const found = await installed("claude");
const skip = noContainer ?? (typeof found === "string" ? found : false);

const asTheGuideSays: Configuration = {
  ...defaultConfiguration,
  agent: { ...defaultConfiguration.agent, ...ofTheGuide.agent },
  permissions: { ...defaultConfiguration.permissions, ...ofTheGuide.permissions },
};

interface Scene {
  readonly pod: Pod;
  readonly model: ModelServer;
  readonly run: (configuration: Configuration) => Promise<End>;
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
  const run = async (configuration: Configuration): Promise<End> => {
    const task = exampleRun({ model: "claude-opus-4-5" });
    const [container] = podOf(taskRunKind, task, configuration).containers;
    const told = (container?.env ?? []).flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]));
    const environment: Record<string, string> = {
      ...(Object.fromEntries(told) as Record<string, string>),
      ...{ ANTHROPIC_API_KEY: "sk-ant-api03-not-a-real-key-0123456789", ANTHROPIC_BASE_URL: model.url },
      ...model.proxyVariables,
    };
    const command = [...(container?.command ?? []), ...(container?.args ?? [])];
    // as the kubelet does
    const given = command.map((word) => shellQuote(word.replace("$(MODEL)", environment.MODEL ?? "")));
    const prepare = `FILES=/task-files WORKSPACE=/workspace sh -c ${shellQuote(prepareScript)}`;
    const script = `set -eu\n${prepare}\ncd ${shellQuote(container?.workingDir ?? "")}\nexec ${given.join(" ")}\n`;
    const files = { ...taskRunFiles(task, 1, configuration), "container.sh": script };
    return await pod.end(startLikeAPod(pod, files, environment, [found.directory]));
  };
  return { pod, model, run };
}

t.test("Claude Code completes the task of a TaskRun from its files", { skip }, async (t) => {
  const { pod, model, run } = await scene(t);
  const call = { tool: "Bash", input: { command: "echo made > made.txt", description: "Makes it" } };
  model.answer = scripted([call], "All done.");
  const { code, output } = await run(asTheGuideSays);
  t.equal(code, 0, output);
  t.match(output, /"result":"All done\."/);
  const { spec } = exampleRun();
  t.equal(readFileSync(join(pod.workspace, spec.serviceName, "made.txt"), "utf8"), "made\n");
  const [question] = model.questions;
  t.equal(question?.model, "claude-opus-4-5");
  for (const { content } of spec.markdownFiles)
    t.ok(
      question?.asked.some((text) => text.includes(content.trim())),
      "what CLAUDE.md imports is before the model",
    );
  t.same([...model.hosts], [], "it contacts no other host");
});

t.test("without arguments it fails and requests a prompt", { skip }, async (t) => {
  const { run } = await scene(t);
  const { code, output } = await run(defaultConfiguration);
  t.equal(code, 1);
  t.match(output, /Input must be provided/);
});
