/** What the output of the agent programs says of their work. */
import t from "tap";
import { lastStep } from "#src/runs/progress/agent-output.js";
import fc from "../../property.js";

const line = (event: object): string => `${JSON.stringify(event)}\n`;
const claude = (name: string, input: object): string =>
  line({
    type: "assistant",
    message: {
      content: [
        { type: "text", text: "I will" },
        { type: "tool_use", name, input },
      ],
    },
  });

t.test("the last tool that a program called, with its file or its description", (t) => {
  for (const [output, step] of [
    [claude("Edit", { file_path: "/workspace/auth/src/reset.ts", new_string: "x" }), "Edit: auth/src/reset.ts"],
    [claude("Bash", { command: "npm test", description: "Runs the tests." }), "Bash: Runs the tests"],
    [claude("Bash", { command: "curl -H 'Authorization: Bearer abc'" }), "Bash"],
    [
      claude("Bash", { command: "a", description: "First" }) + claude("Read", { file_path: "/etc/hosts" }),
      "Read: /etc/hosts",
    ],
    [
      claude("Read", { file_path: "a" }) + line({ type: "user", message: { content: [{ type: "tool_result" }] } }),
      "Read: a",
    ],
    [
      line({ type: "item.started", item: { type: "command_execution", command: "bash -lc 'echo $KEY'" } }),
      "runs a command",
    ],
    [
      line({ type: "item.completed", item: { type: "file_change", changes: [{ path: "a.ts" }, { path: "b.ts" }] } }),
      "edit: b.ts",
    ],
    [line({ type: "item.started", item: { type: "mcp_tool_call", tool: "search" } }), "search"],
    [line({ type: "tool_use", tool_name: "write_file", parameters: { file_path: "b.ts" } }), "write_file: b.ts"],
    [
      line({ type: "tool_use", part: { type: "tool", tool: "edit", state: { input: { filePath: "c.ts" } } } }),
      "edit: c.ts",
    ],
    [`${claude("Read", { file_path: "kept" })}orchestrator: something else\nnot json\n{broken\n`, "Read: kept"],
  ] as const)
    t.equal(lastStep(output), step);
  t.equal(lastStep(""), undefined);
  t.equal(lastStep("demo agent: step 1 of 3\n"), undefined, "plain output may contain anything");
  t.end();
});

t.test("a step is short, printable, and without what has the form of a token", (t) => {
  const described = (description: string): string | undefined => lastStep(claude("Bash", { description }));
  t.equal(described(`uses ghp_${"a".repeat(36)} and sk-ant-api03-abc`), "Bash: uses *** and ***");
  t.equal(described("a\u001b[31m\nb\u202e"), "Bash: a [31m b");
  t.equal(described("x".repeat(300))?.length, 100);
  t.equal(
    lastStep(claude("Edit", { file_path: "a", new_string: "y".repeat(70_000) })),
    undefined,
    "too long to look at",
  );
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), fc.json(), (text, json) => {
      const step = lastStep(`${json}\n${claude("Bash", { description: text })}${text}`);
      return step === undefined || (step.length <= 100 && !/\p{Cc}/u.test(step));
    }),
  );
  t.end();
});
