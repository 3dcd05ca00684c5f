/** The behavior that all agent programs share, and its tests. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { hasHttpBackend } from "../templates/github-server.js";
import { complaints } from "./complaints.js";
import { installed } from "./installed.js";
import { noContainer } from "./pod-like.js";
import type { Program } from "./program.js";
import { branch, givenTool, otherTool, prompt, scene, scripted, systemPrompt } from "./scene.js";
import type { CodeContext } from "#src/templates/context.js";

/** Why the agent program cannot be tested here; false if it can. */
export async function reasonToSkip({ name }: Program): Promise<string | false> {
  if (!hasHttpBackend) return "git has no git-http-backend here";
  const found = await installed(name);
  return typeof found === "string" ? found : false;
}

const at = (body: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], body);

export async function behaves(program: Program): Promise<void> {
  const { name, runs, tool } = program;
  const skip = await reasonToSkip(program);

  t.test(
    `${name} works on a task with all options of the run, resumes its session, and starts a new one if it is lost`,
    { skip },
    async (t) => {
      const { pod, model, tools, target, code, questions } = await scene(t, program);
      // it can also use files outside its directory
      const reach = "git ls-remote --exit-code origin HEAD > /dev/null; echo $? > reached.txt";
      const calls = [
        runs(`mkdir ../beside && id -u > made.txt; ${reach}`),
        { tool: tool(givenTool), input: { text: "☂" } },
      ];
      model.answer = scripted(calls, 'All "done".\nReally.');
      const first = await code();
      t.equal(first.code, 0, first.output);
      const user = noContainer === undefined ? "1000" : String(process.getuid?.());
      t.equal(pod.repositories.git(target, "show", `${branch}:made.txt`), user, "its tools work");
      t.equal(pod.repositories.git(target, "show", `${branch}:reached.txt`), "0", "and the agent's own git has access");
      t.same(complaints(first.output, program.expected), [], "it complains about nothing");
      const { sessionId, ...message } = first.message;
      t.match(message, { summary: 'All "done". Really.', pullRequestUrl: String }, "its last words are the summary");
      t.match(sessionId, /^[\w-]{20,}$/);
      t.match(pod.repositories.git(target, "log", "-1", "--format=%b", branch), /^All "done"\.\nReally\.$/m);

      const [question] = questions();
      if (question === undefined) throw new Error("the model was asked nothing");
      t.equal(question.model, program.asks);
      t.equal(program.keyOf(question.headers), program.key.value);
      const said = [question.system, ...question.asked].join("\n");
      t.ok(said.includes(systemPrompt), "the system prompt arrives as it is");
      t.ok(said.includes(prompt.trim()), "so does the prompt");
      t.match(said, /# Task 7 of auth/, "and what the memory file says");
      for (const [path, value] of Object.entries(program.passed)) t.same(at(question.body, path), value, path);

      for (const method of ["initialize", "notifications/initialized", "tools/list"])
        t.ok(tools.methods.includes(method), `the MCP server hears ${method}`);
      const offered = JSON.stringify(question.body);
      t.ok(offered.includes(givenTool), "the model is offered the tool");
      t.equal(
        offered.includes(otherTool),
        !program.hidesTools,
        "and not what the run doesn't have, if that is visible",
      );
      t.same(tools.calls, [{ name: givenTool, input: { text: "☂" } }], "and can call it");
      t.match(questions()[2]?.results.join("\n"), new RegExp(`${givenTool} was done`));

      const before = questions().length;
      model.answer = scripted([], "Nothing more.");
      const second = await code({ number: 2, continueSession: true });
      t.equal(second.code, 0, second.output);
      t.equal(second.message.sessionId, sessionId);
      t.equal(second.message.summary, "Nothing more.");
      t.ok(questions()[before]?.answered.includes('All "done".\nReally.'), "the model gets its earlier messages");
      writeFileSync(join(pod.workspace, `.orchestrator/task-7-${name}.session`), `${program.noSession}\n`);
      const third = await code({ number: 3, continueSession: true });
      t.equal(third.code, 0, third.output);
      t.match(third.output, /the session no longer exists; starting a new one/);
      t.match(third.message.sessionId, /^[\w-]{20,}$/);
      t.not(third.message.sessionId, program.noSession);
      t.same(questions().at(-1)?.answered, [], "without its session it starts a new one");

      t.same(
        [...model.hosts].filter((host) => program.reaches?.test(host) !== true),
        [],
        "it contacts no other host",
      );
    },
  );

  t.test(`${name} reports the reason if the model's API rejects its key`, { skip }, async (t) => {
    const { model, tools, code } = await scene(t, program);
    for (const [status, message] of [
      // Claude Code has its own message for it
      [401, "that key is not valid|Invalid API key"],
      [400, "there is no such model"],
    ] as const) {
      model.answer = () => ({ refuse: { status, message } });
      const end = await code({ spec: { toolConfig: "minimal" } as CodeContext["spec"] });
      t.equal(end.code, 17, end.output);
      t.match(end.message.summary, new RegExp(`^${name} ended with exit code \\d+: .*(${message})`));
    }
    t.same(tools.methods, [], "without tools no server is asked");
  });
}
