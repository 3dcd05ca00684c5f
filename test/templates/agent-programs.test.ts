/**
 * Every agent program that is known, started by the real container.sh. The stand-ins take the options that the program's
 * own reference names and refuse all others, look for its files where it reads them, and answer in its form.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { podGateway } from "./pod-gateway.js";
import { branch } from "./scene.js";
import { hasHttpBackend, podWithGitHub } from "./github-server.js";
import type { Pod, End } from "./pod.js";
import { agentPrograms } from "#src/templates/agent-programs.js";
import { gitAccess } from "#src/kinds/git.js";
import type { CodeContext } from "#src/templates/context.js";
import { TemplateSource } from "#src/templates/source.js";

const templates = new TemplateSource().current();
const skip = hasHttpBackend ? false : "git has no git-http-backend here";

/** A program as its reference has it. */
interface Program {
  readonly command: string;
  readonly flags: readonly string[];
  /** Options with a value. */
  readonly valued: readonly string[];
  /** What it is given in the first run, and to go on with session-1: options sorted, then words. */
  readonly first: readonly string[];
  readonly resumed: readonly string[];
  /** Commands that succeed where all of its files are where it reads them. */
  readonly finds: readonly string[];
  /** Lines that it prints. */
  readonly says: readonly string[];
}

const claudeOptions = [
  ...["--append-system-prompt=You are Rex.", "--mcp-config=FILES/mcp.json", "--model=m-1"],
  ...["--output-format=stream-json", "--print", "--settings=FILES/settings.json", "--verbose"],
];
const cursorOptions = [
  ...["--approve-mcps", "--force", "--model=m-1", "--output-format=stream-json", "--print", "--trust"],
];
const geminiOptions = ["--approval-mode=yolo", "--model=m-1", "--output-format=stream-json"];
const codexOptions = [
  ...["--disable=shell_snapshot", "--json", "--model=m-1", "--sandbox=danger-full-access"],
  "-c=model_reasoning_effort=high",
];

const programs: Readonly<Record<string, Program>> = {
  claude: {
    command: "claude",
    flags: ["--print", "--verbose"],
    valued: [...["--output-format", "--model", "--settings", "--mcp-config", "--append-system-prompt", "--resume"]],
    first: claudeOptions,
    resumed: [...claudeOptions.slice(0, 5), "--resume=session-1", ...claudeOptions.slice(5)],
    finds: [
      "grep -q '@task/task.md' CLAUDE.md",
      `jq -e '.mcpServers.memory.command == "npx"' "$FILES/mcp.json"`,
      `jq -e '.model == "m-1" and .own == "setting"' "$FILES/settings.json"`,
      `[ -d "$CLAUDE_CONFIG_DIR" ]`,
      `[ "$CLAUDE_CODE_MAX_OUTPUT_TOKENS" = 64000 ] && [ "$CLAUDE_CODE_EFFORT_LEVEL" = high ]`,
    ],
    says: [
      '{"type":"system","subtype":"init","session_id":"session-1"}',
      '{"type":"result","is_error":false,"result":"All done.","session_id":"session-1"}',
    ],
  },
  codex: {
    command: "codex",
    flags: ["--json", "--full-auto", "--skip-git-repo-check"],
    valued: ["--sandbox", "--model", "--disable", "-c"],
    first: [...codexOptions, "exec"],
    resumed: [...codexOptions, "exec", "resume", "session-1", "-"],
    finds: [
      "grep -q '@task/task.md' AGENTS.md",
      `grep -qx '\\[mcp_servers."memory"\\]' "$CODEX_HOME/config.toml"`,
      `grep -qx 'command = "npx"' "$CODEX_HOME/config.toml"`,
      `grep -qx '"own" = "setting"' "$CODEX_HOME/config.toml"`,
      `: >> "$CODEX_HOME/config.toml"`,
    ],
    says: [
      '{"type":"thread.started","thread_id":"session-1"}',
      '{"type":"item.completed","item":{"id":"item_0","type":"agent_message","text":"All done."}}',
      '{"type":"turn.completed","usage":{"input_tokens":1}}',
    ],
  },
  cursor: {
    command: "cursor-agent",
    flags: ["--print", "--force", "--trust", "--approve-mcps"],
    valued: ["--output-format", "--model", "--resume"],
    first: cursorOptions,
    resumed: [...cursorOptions.slice(0, 5), "--resume=session-1", ...cursorOptions.slice(5)],
    finds: [
      "grep -q '@task/task.md' AGENTS.md",
      `jq -e '.mcpServers.memory.command == "npx"' .cursor/mcp.json`,
      `[ -d "$CURSOR_CONFIG_DIR" ]`,
    ],
    says: [
      '{"type":"system","subtype":"init","session_id":"session-1"}',
      '{"type":"result","subtype":"success","result":"All done.","session_id":"session-1"}',
    ],
  },
  gemini: {
    command: "gemini",
    flags: [],
    valued: ["--approval-mode", "--output-format", "--model", "--resume"],
    first: geminiOptions,
    resumed: [...geminiOptions, "--resume=session-1"],
    finds: [
      "grep -q '@task/task.md' GEMINI.md",
      `jq -e '.own == "setting" and .mcpServers.memory.command == "npx"' "$GEMINI_CLI_HOME/.gemini/settings.json"`,
      `[ "$GEMINI_CLI_TRUST_WORKSPACE" = true ]`,
    ],
    says: [
      '{"type":"init","session_id":"session-1","model":"m-1"}',
      '{"type":"message","role":"user","content":"asked"}',
      '{"type":"message","role":"assistant","content":"All ","delta":true}',
      '{"type":"message","role":"assistant","content":"done.","delta":true}',
      '{"type":"result","status":"success","stats":{}}',
    ],
  },
  opencode: {
    command: "opencode",
    flags: ["--auto"],
    valued: ["--format", "--model", "--session", "--variant"],
    first: ["--auto", "--format=json", "--model=m-1", "--variant=high", "run"],
    resumed: ["--auto", "--format=json", "--model=m-1", "--session=session-1", "--variant=high", "run"],
    finds: [
      "grep -q '@task/task.md' AGENTS.md",
      `jq -e '.own == "setting" and .mcp.memory.command[0] == "npx" and .agent.build.temperature == 0.5' "$HOME/.config/opencode/opencode.json"`,
      `[ -d "$XDG_DATA_HOME" ] && [ "$OPENCODE_EXPERIMENTAL_OUTPUT_TOKEN_MAX" = 64000 ]`,
    ],
    says: [
      '{"type":"step_start","sessionID":"session-1","part":{"type":"step-start"}}',
      '{"type":"text","sessionID":"session-1","part":{"type":"text","text":"All done."}}',
      '{"type":"step_finish","sessionID":"session-1","part":{"type":"step-finish"}}',
    ],
  },
};

/** Takes what the reference names, and puts down what it got. */
function standIn(pod: Pod, program: Program): string {
  const cases = [
    program.flags.length === 0 ? "" : `${program.flags.join(" | ")}) options+=("$1"); shift ;;`,
    `${program.valued.join(" | ")}) options+=("$1=$2"); shift 2 ;;`,
    `-) words+=("$1"); shift ;;`,
    `-*) echo "unexpected argument $1" >&2; exit 64 ;;`,
    `*) words+=("$1"); shift ;;`,
  ];
  return [
    "options=() words=()",
    `while [ $# -gt 0 ]; do case $1 in ${cases.join(" ")} esac; done`,
    `{ printf '%s\\n' "\${options[@]}" | LC_ALL=C sort; [ "\${#words[@]}" = 0 ] || printf '%s\\n' "\${words[@]}"; } > ${pod.root}/given`,
    `printf '%s\\n' "$prompt" > ${pod.root}/prompt`,
    ...program.finds.map(
      (each) => `${each} > /dev/null || { echo "not so: ${each.replaceAll(/["$\\`]/g, "")}" >&2; exit 65; }`,
    ),
    "date +%N >> work.txt",
    ...program.says.map((line) => `echo '${line}'`),
  ].join("\n");
}

async function scene(
  t: Test,
): Promise<{ pod: Pod; target: string; run: (change: Partial<CodeContext>) => Promise<End> }> {
  const { pod, github } = await podWithGitHub(t);
  const target = pod.repositories.create("acme/auth", {
    "README.md": "# Auth\n",
    ".taskmaster/docs/task-7/prompt.md": "Implement the password reset.\n",
  });
  pod.secret("token", "user-token-0123456789abcdef\n");
  github.tokens.add("user-token-0123456789abcdef");
  const url = `${github.url}/acme/auth.git`;
  const { environment } = await podGateway(t, pod, github, {
    access: (configuration) => gitAccess({ githubUser: "octocat" }, [{ url, branch }], configuration),
  });
  const run = (change: Partial<CodeContext>): Promise<End> => {
    const files = templates.code({
      run: { name: "task-7-auth", namespace: "orchestrator" },
      branch,
      number: 1,
      agent: {},
      settings: { model: "sonnet", permissions: { allow: [], deny: [] } },
      continueSession: false,
      ...change,
      spec: {
        ...{ taskId: 7, service: "auth", workingDirectory: ".", githubUser: "octocat", localTools: ["memory"] },
        ...{ repositoryUrl: url, docsRepositoryUrl: url },
        ...change.spec,
      },
    });
    return pod.run({ ...files, "system-prompt.md": "You are Rex." }, environment);
  };
  return { pod, target, run };
}

t.test("there is a test for each program that is known", (t) => {
  t.same(Object.keys(programs).sort(), Object.keys(agentPrograms).sort());
  t.end();
});

for (const [name, program] of Object.entries(programs))
  t.test(
    `${name} is started and resumed as its reference says, with its files, and its words are read`,
    { skip },
    async (t) => {
      const { pod, target, run } = await scene(t);
      pod.agent(standIn(pod, program), program.command);
      const given = (): string[] =>
        readFileSync(join(pod.root, "given"), "utf8").replaceAll(join(pod.root, "files"), "FILES").trim().split("\n");
      const options = { maxTokens: 64_000, temperature: 0.5, settings: { own: "setting", reasoningEffort: "high" } };
      const spec = {
        cliConfig: { cliType: name, modelRotation: ["m-1", "m-2"], ...options },
      } as unknown as CodeContext["spec"];
      const first = await run({ spec });
      t.equal(first.code, 0, first.output);
      t.same(given(), program.first);
      const prompt = readFileSync(join(pod.root, "prompt"), "utf8");
      const beforePrompt = agentPrograms[name]?.systemPromptOption === undefined ? "You are Rex.\n" : "";
      t.equal(prompt, `${beforePrompt}Implement the password reset.\n`);
      t.match(first.message, { summary: "All done.", sessionId: "session-1" });
      const second = await run({ number: 3, continueSession: true, spec });
      t.equal(second.code, 0, second.output);
      t.same(given(), program.resumed, "the third run has the first model again");
      t.notOk(existsSync(join(pod.workspace, "target-repo/.git/index.lock")));
      t.same(
        pod.repositories.git(target, "diff", "--name-only", "main", "feature/task-7-implementation"),
        "work.txt",
        "none of its files is committed",
      );
    },
  );

t.test("a program that is gone before it says a word of the session is started without it", { skip }, async (t) => {
  const { pod, run } = await scene(t);
  const works = `echo '{"type":"thread.started","thread_id":"session-2"}'`;
  pod.agent(`case "$*" in *resume*) echo "no rollout found" >&2; exit 1 ;; esac\n${works}`, "codex");
  const spec = { cliConfig: { cliType: "codex" } } as CodeContext["spec"];
  const end = await run({ number: 2, continueSession: true, sessionId: "session-1", spec });
  t.equal(end.code, 0, end.output);
  t.equal(end.message.sessionId, "session-2");
});

t.test("a session stays noted where its program can't start at all", { skip }, async (t) => {
  const { pod, run } = await scene(t);
  const spec = { cliConfig: { cliType: "gemini" } } as CodeContext["spec"];
  pod.agent(`echo '{"type":"init","session_id":"session-1"}'`, "gemini");
  t.equal((await run({ spec })).code, 0);
  pod.agent(`echo "Invalid auth method selected." >&2; exit 41`, "gemini");
  const end = await run({ number: 2, continueSession: true, spec });
  t.match([end.code, end.message], [17, { summary: "gemini ended with exit code 41", sessionId: "session-1" }]);
});

t.test("why a program fails is what it says last of it, in whichever form", { skip }, async (t) => {
  const { pod, run } = await scene(t);
  const said = `echo '{"type":"item.completed","item":{"type":"agent_message","text":"I will begin."}}'`;
  const errors = {
    codex: '{"type":"turn.failed","error":{"message":"no such model"}}',
    gemini: '{"type":"result","status":"error","error":{"type":"unknown","message":"no such model"}}',
    opencode: '{"type":"error","error":{"name":"APIError","data":{"message":"no such model"}}}',
  };
  for (const [name, error] of Object.entries(errors)) {
    pod.agent(`${said}\necho '{"error":{"message":"for now"}}'\necho '${error}'; exit 1`, name);
    const end = await run({ spec: { cliConfig: { cliType: name } } as CodeContext["spec"] });
    t.match([end.code, end.message.summary], [17, `${name} ended with exit code 1: no such model`]);
  }
});
