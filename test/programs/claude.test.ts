import t from "tap";
import { behaves, reasonToSkip } from "./behavior.js";
import { programs } from "./programs.js";
import { branch, scene, scripted } from "./scene.js";

const { claude } = programs;

await behaves(claude);

const skip = await reasonToSkip(claude);

t.test("claude writes documents with only its built-in tools", { skip }, async (t) => {
  const { model, documents, tools, questions } = await scene(t, claude);
  model.answer = scripted([claude.runs("echo made > made.txt")], "Done.");
  const end = await documents();
  t.equal(end.code, 0, end.output);
  t.match(end.message, { summary: "Done.", pullRequestUrl: String });
  t.match(questions()[0]?.asked.join("\n"), /tasks\.json/);
  t.same(tools.methods, [], "no server is asked");
});

t.test("claude applies its settings: variables, permissions, and hooks that a template adds", { skip }, async (t) => {
  const { pod, target, model, code, questions } = await scene(t, claude);
  pod.secret("password", "swordfish-0123456789\n");
  const read = { tool: "Read", input: { file_path: "/secrets/repository/password" } };
  const remove = { tool: "mcp__tools__memory_delete_entities", input: { text: "x" } };
  const line = 'echo "$CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC" > made.txt';
  model.answer = scripted([claude.runs(line), read, remove], "Done.");
  const hook = { type: "command", command: "jq -c '[.hook_event_name, .tool_name]' >> hooks.txt" };
  const hooks = { PostToolUse: [{ matcher: "Bash", hooks: [hook] }], Stop: [{ hooks: [hook] }] };
  const end = await code({}, (files) => {
    const settings = JSON.parse(files["settings.json"] ?? "") as object;
    return { ...files, "settings.json": JSON.stringify({ ...settings, hooks }) };
  });
  t.equal(end.code, 0, end.output);
  t.equal(pod.repositories.git(target, "show", `${branch}:made.txt`), "1", "a variable of its settings");
  const ran = pod.repositories.git(target, "show", `${branch}:hooks.txt`).split("\n");
  t.same(ran.slice(0, 2), ['["PostToolUse","Bash"]', '["Stop",null]']);
  const [, password, deleted] = questions().at(-1)?.results ?? [];
  t.match(password, /denied/, "mounted keys are not for reading");
  t.match(deleted, /permission/i, "nor are tools that the run doesn't have");
});
