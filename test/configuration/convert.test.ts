/** Values of other charts: what of them becomes configuration, and what is said of the rest. */
import t from "tap";
import { convertValues, type Remark } from "#src/configuration/convert.js";

function remarksOf(values: string): readonly Remark[] {
  return convertValues(values, "orchestrator", "taskrun-controller-config").remarks;
}

const agents = (prompt: string): string => `agents:
  rex:
    githubApp: Rex
    systemPrompt: |
${prompt.replace(/^/gm, "      ")}
`;

t.test("text in a prompt that looks like configuration is warned of, with its line", (t) => {
  const keys = [
    "tools:\n  remote:\n    - search",
    "model: opus",
    "maxTokens: 8192",
    "temperature: 0.8",
    "githubApp: Rex",
    'appId: "1"',
  ];
  for (const key of [...keys, "clientId: Iv23", "reasoningEffort: high", "expertise:\n  - code", "localServers:"]) {
    const [remark, ...others] = remarksOf(agents(`You are Rex.\n${key}`));
    t.same(others, [], key);
    t.match(remark, { severity: "warning", path: "agents.rex.systemPrompt", message: /which is text there/ }, key);
    t.equal(remark?.line, 4);
  }
  t.end();
});

t.test("a prompt may speak of such things", (t) => {
  const prompts = [
    "Use your tools: search, read, write.",
    "Model: think before you answer.",
    "The role: you review code.",
    "description: write one for each function",
    "```yaml\nspec:\n  tools: [a]\n```",
  ];
  for (const prompt of prompts) t.same(remarksOf(agents(prompt)), [], prompt);
  t.end();
});

t.test("values of a chart have their counterpart in ours", (t) => {
  const remarks = remarksOf(
    "replicaCount: 2\nimage: {repository: a}\ncleanup: {successTTLSeconds: 60, failureTTLSeconds: 300}\n",
  );
  t.match(remarks, [
    { path: "replicaCount", message: /manager\.replicas/ },
    { path: "image", message: /image of the chart/ },
    { path: "cleanup.successTTLSeconds", message: /job\.ttlSecondsAfterFinished/ },
    { path: "cleanup.failureTTLSeconds", message: /job\.ttlSecondsAfterFinished/ },
  ]);
  t.end();
});

t.test("of thousands of unknown keys, the first ones name the key that was meant", (t) => {
  const text = Array.from({ length: 60 }, (_, n) => `storage_${n}: 1`).join("\n");
  const { remarks } = convertValues(`${text}\nstorage_: 2\n`, "orchestrator", "taskrun-controller-config");
  t.equal(remarks.filter(({ message }) => message.startsWith("has no counterpart")).length, 61);
  t.match(remarks.at(-1)?.message, /list all keys with orchestrator config list/);
  const { remarks: few } = convertValues("storage_: 2\n", "orchestrator", "taskrun-controller-config");
  t.match(few.at(-1)?.message, /storage/);
  t.end();
});
