/** The built-in set: its files, and that nothing in a run's object can get out of its place in them. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "../property.js";
import t from "tap";
import { exitCodes, terminalExitCodes } from "#src/api/exit-codes.js";
import { sampleAgents, sampleCode, sampleDocs } from "#src/templates/samples.js";
import type { CodeContext, DocsContext } from "#src/templates/context.js";
import { agentPrograms } from "#src/templates/agent-programs.js";
import { TemplateSource } from "#src/templates/source.js";
import { shellQuote } from "#src/shell-quote.js";
import { toolsOf } from "#src/templates/tools.js";
import { text } from "./arbitrary.js";

const templates = new TemplateSource().current();
const directory = mkdtempSync(join(tmpdir(), "templates-"));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));
const numRuns = process.env.TEST_FULL === "1" ? 1000 : 40;

const sets = [
  ...sampleCode.map((context) => templates.code(context)),
  ...sampleDocs.map((context) => templates.docs(context)),
];
const scripts = sets.flatMap((set) => Object.entries(set).filter(([name]) => name.endsWith(".sh")));

t.test("a run has the files that the guide names", (t) => {
  t.same(Object.keys(sets[0] ?? {}).sort(), [
    ...["CLAUDE.md", "client-config.json", "coding-guidelines.md", "container.sh", "github-guidelines.md"],
    ...["hooks-start-environment.sh", "hooks-stop-check-changes.sh", "mcp.json", "settings.json"],
  ]);
  t.same(Object.keys(sets.at(-1) ?? {}).sort(), [
    "CLAUDE.md",
    "container.sh",
    "hooks-stop-check-changes.sh",
    "mcp.json",
    "prompt.md",
    "settings.json",
    "system-prompt.md",
  ]);
  t.end();
});

t.test("every script is bash without a mistake", (t) => {
  for (const [name, text] of scripts) t.equal(spawnSync("bash", ["-n"], { input: text }).status, 0, name);
  t.end();
});

const hasShellcheck = spawnSync("shellcheck", ["--version"]).status === 0;
t.test(
  "shellcheck finds nothing in any script",
  { skip: hasShellcheck ? false : "shellcheck is not installed" },
  (t) => {
    for (const [name, text] of scripts) {
      const { stdout, status } = spawnSync("shellcheck", ["-"], { input: text, encoding: "utf8" });
      t.equal(status, 0, `${name}\n${stdout}`);
    }
    t.end();
  },
);

t.test("every agent has a system prompt, and one of its own comes before that of a template", (t) => {
  for (const name of ["Rex", "Cleo", "Tess", "Author", "Clippy", "Tests", "Deploy", "Acceptance"]) {
    const text = templates.systemPrompt({ githubApp: `5DLabs-${name}` });
    t.match(text, `# ${name}\n`);
    t.notMatch(text, /implements tasks/, "is not the generic one");
  }
  t.match(templates.systemPrompt({ githubApp: "5DLabs-Nobody" }), "who implements tasks");
  t.match(
    templates.systemPrompt({ name: "Ada", role: "a mathematician", expertise: ["engines"] }),
    /# Ada[^]*a mathematician[^]*- engines/,
  );
  t.equal(templates.systemPrompt({ systemPrompt: "mine" }), "mine");
  t.end();
});

t.test("a run of a GitHub App has its agent's system prompt among its files, and that of a user has none", (t) => {
  const [code, docs] = [sampleCode[0], sampleDocs[0]];
  if (code === undefined || docs === undefined) throw new Error("no samples");
  t.equal(templates.code(code)["system-prompt.md"], undefined);
  const asApp = { agent: { expertise: ["engines"], description: "Thinks in wheels." } };
  const { githubUser: _user, ...spec } = code.spec;
  const prompt = templates.code({ ...code, ...asApp, spec: { ...spec, githubApp: "5DLabs-Tess" } })["system-prompt.md"];
  t.match(
    prompt,
    /^# Tess\n[^]*\n\nThinks in wheels\.\n\nYour areas of expertise:\n\n- engines\n\nNever put keys, tokens/,
  );
  const own = templates.docs({ ...docs, agent: { systemPrompt: "mine" }, spec: { ...docs.spec, githubApp: "A-Tess" } });
  t.equal(own["system-prompt.md"], "mine");
  t.end();
});

t.test("presets of tools are those of the guide, and agents and runs add theirs", (t) => {
  const none = { remote: [], localServers: {}, servers: {}, all: [], allowed: [], limits: {} };
  t.same(toolsOf({ preset: "minimal" }), none);
  t.same(toolsOf({ preset: "default" }).remote, [
    "brave-search_brave_web_search",
    "memory_create_entities",
    "rustdocs_query_rust_docs",
  ]);
  t.match(toolsOf({ preset: "advanced" }), {
    remote: { 3: "github_create_issue" },
    localServers: { filesystem: { command: "npx" } },
  });
  const own = { command: "own", args: ["x"] };
  const tools = toolsOf({
    preset: "minimal",
    agent: { remote: ["a"], localServers: { own } },
    remote: ["a", "b"],
    local: ["memory", "program"],
    serverUrl: "http://tools/mcp",
  });
  t.same(tools.remote, ["a", "b"]);
  t.match(tools.servers, {
    own,
    memory: { command: "npx" },
    program: { command: "program" },
    tools: { type: "http", url: "http://tools/mcp" },
  });
  t.same(tools.allowed, ["mcp__own", "mcp__memory", "mcp__program", "mcp__tools__a", "mcp__tools__b"]);
  t.same(tools.limits, { "tools_*": "deny", tools_a: "allow", tools_b: "allow" });
  t.end();
});

t.test("an agent's profile describes servers, chooses among their tools, and takes one of a preset away", (t) => {
  const agent = {
    localServers: {
      filesystem: { enabled: false },
      memory: { tools: ["read_graph"], env: { MEMORY: "/workspace/memory" } },
      browser: {},
    },
  };
  const { localServers, allowed } = toolsOf({ preset: "advanced", agent });
  t.same(localServers, {
    memory: {
      command: "npx",
      args: ["-y", "@modelcontextprotocol/server-memory"],
      env: { MEMORY: "/workspace/memory" },
    },
    browser: { command: "browser" },
  });
  t.same(allowed, ["mcp__memory__read_graph", "mcp__browser"], "and none of a server in the cluster that isn't there");
  const again = toolsOf({ preset: "minimal", agent, local: ["filesystem"] });
  t.match(again.localServers.filesystem, { command: "npx" }, "a run can ask for it all the same");
  t.end();
});

/** The values that a script has at the end of its literals, as a real shell has them. */
function valuesIn(script: string, names: readonly string[]): string[] {
  const [literals = ""] = script.split("# --- end of literals ---");
  const file = join(directory, "literals.sh");
  writeFileSync(file, `${literals}\nprintf '%s\\0' ${names.map((name) => `"\${${name}}"`).join(" ")}\n`);
  const output = execFileSync("bash", [file], {
    cwd: directory,
    encoding: "utf8",
    maxBuffer: 1 << 26,
    env: { PATH: process.env.PATH },
  });
  return output.split("\0").slice(0, -1);
}

const [bareCode] = sampleCode as [CodeContext];
const [bareDocs] = sampleDocs as [DocsContext];

t.test("a shell reads exactly the fields of any CodeRun", (t) => {
  const fields = {
    service: "service",
    runType: "run_type",
    repositoryUrl: "target_repository",
    docsRepositoryUrl: "docs_repository",
    docsBranch: "docs_branch",
    docsProjectDirectory: "docs_directory",
    workingDirectory: "working_directory",
    githubUser: "github_user",
    githubApp: "github_app",
    promptModification: "prompt_modification",
  } as const;
  const names = Object.keys(fields) as (keyof typeof fields)[];
  const value = text.filter((each) => each !== "");
  fc.assert(
    fc.property(fc.tuple(...names.map(() => value)), value, value, (values, model, run) => {
      const spec = {
        ...bareCode.spec,
        ...Object.fromEntries(names.map((name, index) => [name, values[index]])),
        model,
      };
      const files = templates.code({ ...bareCode, run: { name: run, namespace: run }, spec, sessionId: run });
      const script = files["container.sh"] ?? "";
      t.same(valuesIn(script, [...Object.values(fields), "run_name", "session_id", "agent_command[6]"]), [
        ...values,
        run,
        run,
        model,
      ]);
      for (const [name, content] of Object.entries(files)) if (name.endsWith(".json")) JSON.parse(content);
      t.equal((JSON.parse(files["settings.json"] ?? "") as { model: string }).model, model);
    }),
    { numRuns },
  );
  t.notMatch(execFileSync("ls", [directory], { encoding: "utf8" }), "hurt");
  t.end();
});

t.test("a shell reads exactly the fields of any DocsRun", (t) => {
  const value = text.filter((each) => each !== "");
  fc.assert(
    fc.property(value, value, value, value, (repositoryUrl, sourceBranch, workingDirectory, githubApp) => {
      const spec = { ...bareDocs.spec, repositoryUrl, sourceBranch, workingDirectory, githubApp };
      const script = templates.docs({ ...bareDocs, spec })["container.sh"] ?? "";
      t.same(valuesIn(script, ["target_repository", "source_branch", "working_directory", "github_app"]), [
        ...[repositoryUrl, sourceBranch, workingDirectory, githubApp],
      ]);
    }),
    { numRuns },
  );
  t.end();
});

t.test("the agent program can read the settings files of any run", (t) => {
  const key = text.filter((each) => each !== "" && !["model", "mcp", "agent", "env", "reasoningEffort"].includes(each));
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(agentPrograms)),
      fc.dictionary(key, text, { maxKeys: 3 }),
      text,
      (cliType, settings, arg) => {
        const cliConfig = { cliType, settings, maxTokens: 1, temperature: 0 };
        const agent = {
          tools: { remote: ["x"], localServers: { own: { command: arg, args: [arg], env: { A: arg } } } },
        };
        const toolServer = { ...bareCode.settings, toolServerUrl: "http://tools/mcp" };
        const files = templates.code({
          ...bareCode,
          agent,
          settings: toolServer,
          spec: { ...bareCode.spec, cliConfig },
        });
        for (const [name, content] of Object.entries(files)) if (name.endsWith(".json")) JSON.parse(content);
        const own = JSON.parse(files["gemini-settings.json"] ?? files["opencode-opencode.json"] ?? "{}") as object;
        if (cliType === "gemini" || cliType === "opencode") t.match(own, { ...settings });
        const toml = files["codex-config.toml"]?.split("\n") ?? [];
        t.ok(
          toml.every(
            (line) => line === "" || /^(\[mcp_servers\."[a-z]+"\]|("([^"\\]|\\.)*"|[a-z_]+) = \P{Cc}+)$/u.test(line),
          ),
        );
      },
    ),
    { numRuns },
  );
  t.end();
});

t.test("64 KiB of a prompt arrive, and NUL is refused", (t) => {
  const promptModification = "'$(x)`\n\\\"é".repeat(6600).slice(0, 65_536);
  const script = (prompt: string): string =>
    templates.code({ ...bareCode, spec: { ...bareCode.spec, promptModification: prompt } })["container.sh"] ?? "";
  t.same(valuesIn(script(promptModification), ["prompt_modification"]), [promptModification]);
  t.throws(() => script("a\0b"), /code\/container\.sh\.hbs:\d+:\d+: shq: a shell word cannot contain a NUL/);
  t.end();
});

t.test("shq makes one word of any text, for sh too", (t) => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), (words) => {
      const output = execFileSync("sh", ["-s"], {
        input: `printf '%s\\0' ${words.map(shellQuote).join(" ")}\n`,
        encoding: "utf8",
      });
      t.same(output.split("\0").slice(0, -1), words);
    }),
    { numRuns },
  );
  t.end();
});

t.test("what samples are made of renders to the same files every time", (t) => {
  t.same(
    sampleCode.map((context) => templates.code(context)),
    sets.slice(0, sampleCode.length),
  );
  t.ok(sampleAgents.every((agent) => templates.systemPrompt(agent) !== ""));
  t.end();
});

t.test("the exit codes of the scripts are those of the one table, and so is the reference page", (t) => {
  const named = exitCodes.filter(({ name }) => name !== undefined);
  for (const { "container.sh": script = "" } of sets) {
    t.same(
      [...script.matchAll(/\bEXIT_([A-Z_]+)=(\d+)/g)].map(([, name, code]) => [name, Number(code)]),
      named.map(({ name, code }) => [name, code]),
    );
  }
  const all = sets.map(({ "container.sh": script = "" }) => script).join();
  for (const { name = "" } of named) t.match(all, new RegExp(`\\$EXIT_${name}\\b`), `${name} is used`);
  const page = readFileSync("docs/reference/exit-codes.md", "utf8");
  t.same(
    [...page.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code)),
    exitCodes.map(({ code }) => code),
  );
  t.same(terminalExitCodes, [10, 11, 12, 14, 20, 22]);
  t.end();
});
