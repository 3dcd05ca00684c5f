import { Registry } from "prom-client";
import t from "tap";
import { sampleCode, sampleDocs } from "#src/templates/samples.js";
import { TemplateSource } from "#src/templates/source.js";
import { watchTemplates } from "#src/templates/watch.js";
import type { Informer } from "#src/runtime/cache/informer.js";
import type { ConfigMap } from "#src/runtime/client/objects.js";
import type { Logger } from "#src/runtime/logger.js";

const [code] = sampleCode as [(typeof sampleCode)[number]];
const [docs] = sampleDocs as [(typeof sampleDocs)[number]];
const messages = (source: TemplateSource, overrides: Record<string, string>): string[] =>
  source.update(overrides).problems.map(({ message }) => message);

t.test("a ConfigMap's templates go over the built-in ones, hooks and prompts may be added, and all go with it", (t) => {
  const source = new TemplateSource();
  const before = source.current();
  const reload = source.update({
    "code_coding-guidelines.md.hbs": "Ours, for {{spec.service}}.",
    "code_hooks_stop-lint.sh.hbs": "echo {{shq spec.service}}",
    "agents_nova-system-prompt.md.hbs": "You are Nova.",
    "shared_check-changes.sh.hbs": 'found=""',
    "cli_gemini_settings.json.hbs": '{ "own": {{json model}} }',
    "docs_settings.json.hbs": '{ "permissions": { "defaultMode": "newer than known" } }',
  });
  t.same(reload, { accepted: true, problems: [] });
  t.match(source.current().code(code), {
    "coding-guidelines.md": "Ours, for auth-service.",
    "hooks-stop-lint.sh": "echo 'auth-service'",
  });
  t.equal(source.current().systemPrompt({ githubApp: "Example-Nova" }), "You are Nova.");
  t.equal(source.current().code({ ...code, agent: { cli: "gemini" } })["gemini-settings.json"], '{ "own": "sonnet" }');
  t.notMatch(source.current().docs(docs)["hooks-stop-check-changes.sh"], "PRIVATE KEY");
  t.notMatch(before.code(code)["coding-guidelines.md"], "Ours", "a set that is in use doesn't change");
  t.ok(source.update(undefined).accepted);
  t.same(source.current().code(code), before.code(code));
  t.end();
});

t.test("templates with mistakes change nothing, and each says where its mistake is", (t) => {
  const source = new TemplateSource();
  t.ok(source.update({ "code_coding-guidelines.md.hbs": "good" }).accepted);
  const good = source.current();
  const cases: [string, string, string][] = [
    ["code_claude.md.hbs", "{{spec.servce}}", 'code/claude.md.hbs:1:3: unknown variable "spec.servce"'],
    ["code_claude.md.hbs", "\n {{#if x}}", "code/claude.md.hbs:2:11: is not valid Handlebars"],
    [
      "code_claude.md.hbs",
      '{{#if (eq spec.service "rare")}}\n{{typo}}{{/if}}',
      'code/claude.md.hbs:2:3: unknown variable "typo"',
    ],
    ["code_claude.md.hbs", "{{spec.workingDirectory}}", "code/claude.md.hbs:1:1: spec.workingDirectory has no value"],
    ["code_mcp.json.hbs", "{ {{json spec.service}} ", "code/mcp.json.hbs:1:1: does not render valid JSON"],
    [
      "agents_rex-system-prompt.md.hbs",
      "{{spec.service}}",
      'agents/rex-system-prompt.md.hbs:1:3: unknown variable "spec.service"',
    ],
    [
      "cli_gemini_settings.json.hbs",
      "[".repeat(300) + "]".repeat(300),
      "cli/gemini/settings.json.hbs:1:1: renders JSON that is nested deeper than 220 levels",
    ],
    ["cli_gemini_settings.json.hbs", "{{model}}", "cli/gemini/settings.json.hbs:1:1: does not render valid JSON"],
    [
      "code_settings.json.hbs",
      '{ "model": {{json model}}, "permissions": { "allow": ["Bash", {{json tools.remote}}], "deny": "Bash" } }',
      "code/settings.json.hbs:1:1: renders settings.json with values of the wrong type: permissions.allow[1] must be of type string, not array; permissions.deny must be of type array, not string",
    ],
    [
      "docs_mcp.json.hbs",
      '{ "mcpServers": { "own": { "command": ["npx"] } } }',
      "docs/mcp.json.hbs:1:1: renders mcp.json with values of the wrong type: mcpServers.own.command must be of type string, not array",
    ],
    [
      "cli_opencode_opencode.json.hbs",
      '{ "mcp": {{json tools.all}} }',
      "cli/opencode/opencode.json.hbs:1:1: renders opencode-opencode.json with values of the wrong type: mcp must be of type object, not array",
    ],
    ["cli_codex_config.toml.hbs", "{{spec.githubApp}}", "cli/codex/config.toml.hbs:1:1: spec.githubApp has no value"],
    ["shared_library.sh.hbs", "\n{{ shout x }}", 'shared/library.sh.hbs:2:1: unknown helper "shout"'],
  ];
  for (const [key, text, expected] of cases) {
    const [first = ""] = messages(source, { [key]: text });
    t.equal(first.slice(0, expected.length), expected);
    t.equal(source.current(), good, "the set before stays");
  }
  t.equal(
    messages(source, { "code_claude.md.hbs": "{{a}}", "docs_claude.md.hbs": "{{b}}" }).length,
    2,
    "all are named at once",
  );
  const many = messages(source, {
    "code_claude.md.hbs": "{{a}}\n{{b}} {{shout c}}",
    "docs_claude.md.hbs": "{{d}}",
    "code_mcp.json.hbs": "no JSON",
    "cod_claude.md.hbs": "x",
  });
  const begins = [
    'code/claude.md.hbs:1:3: unknown variable "a"',
    'code/claude.md.hbs:2:3: unknown variable "b"',
    'code/claude.md.hbs:2:7: unknown helper "shout"',
    "code/mcp.json.hbs:1:1: does not render valid JSON",
    'docs/claude.md.hbs:1:3: unknown variable "d"',
    "cod_claude.md.hbs has no effect: it overrides no template; did you mean code_claude.md.hbs?",
  ];
  t.same(
    many.map((message, index) => message.slice(0, begins[index]?.length)),
    begins,
    "whatever stage finds them",
  );
  t.end();
});

t.test("an override that no run can ever use is accepted with a warning that says why", (t) => {
  const cases: [Record<string, string>, RegExp | undefined][] = [
    [
      { "code_contaner.sh.hbs": "x" },
      /^code_contaner\.sh\.hbs has no effect: .*did you mean code_container\.sh\.hbs\?/,
    ],
    [{ "code_hooks_..hbs": "x" }, /^code_hooks_\.\.hbs has no effect: it overrides no template; valid keys are/],
    [{ "agents_a/b.hbs": "x" }, /^agents_a\/b\.hbs has no effect: it overrides no template/],
    [{ "code_hooks_lint.sh.hbs": "x" }, /^code_hooks_lint\.sh\.hbs has no effect: .*start-<name>\.sh.*stop-<name>\.sh/],
    [{ "code_hooks_stop-lint.hbs": "x" }, /^code_hooks_stop-lint\.hbs has no effect/],
    [{ "docs_hooks_before-x.sh.hbs": "x" }, /^docs_hooks_before-x\.sh\.hbs has no effect/],
    [{ "agents_system-prompt.hbs": "x" }, /^agents_system-prompt\.hbs has no effect: .*<agent>-system-prompt\.md/],
    [{ "agents_system_prompt.md.hbs": "x" }, /^agents_system_prompt\.md\.hbs has no effect/],
    [{ "agents_Nova-system-prompt.md.hbs": "x" }, /^agents_Nova-system-prompt\.md\.hbs has no effect: .*lower case/],
    [{ "shared_unused.md.hbs": "x" }, /^shared_unused\.md\.hbs has no effect: no template includes it/],
    [{ "shared_unused.md.hbs": "x", "code_claude.md.hbs": "{{> shared/unused.md}}" }, undefined],
    [{ "code_hooks_stop-lint.sh.hbs": "x", "agents_nova-system-prompt.md.hbs": "y" }, undefined],
  ];
  for (const [overrides, expected] of cases) {
    const source = new TemplateSource();
    const { accepted, problems } = source.update(overrides);
    t.ok(accepted, Object.keys(overrides).join());
    t.match(
      problems.map(({ message }) => message),
      expected === undefined ? [] : [expected],
    );
    t.equal(problems.length, expected === undefined ? 0 : 1, Object.keys(overrides).join());
    t.ok(problems.every(({ severity }) => severity === "warning"));
  }
  t.end();
});

t.test("a bad ConfigMap gets an Event and sets the metric to 0 until it is good again", async (t) => {
  const source = new TemplateSource();
  const registry = new Registry();
  const events: { note: string; reason: string }[] = [];
  const logs: string[] = [];
  type Handler = Parameters<Informer<ConfigMap>["addHandler"]>[0];
  let handler: Handler = () => undefined;
  const logger = {
    info: (_: unknown, text: string) => logs.push(text),
    error: (_: unknown, text: string) => logs.push(text),
  };
  const dependencies = {
    informer: { addHandler: (added: Handler) => (handler = added) } as unknown as Informer<ConfigMap>,
    logger: logger as unknown as Logger,
    registry,
    events: { event: (_: unknown, event: (typeof events)[number]) => events.push(event) },
  };
  void watchTemplates(dependencies, source).start(new AbortController().signal);
  const metric = async (): Promise<string> =>
    /^orchestrator_templates_last_reload_successful \d$/m.exec(await registry.metrics())?.[0] ?? "";
  const configMap = (text: string, resourceVersion: string): Parameters<Handler>[0] =>
    ({
      type: "added",
      object: { metadata: { name: "agent-templates", resourceVersion }, data: { "code_claude.md.hbs": text } },
    }) as unknown as Parameters<Handler>[0];
  t.match(await metric(), "orchestrator_templates_last_reload_successful 1");
  handler(configMap("{{typo}}", "1"));
  t.match(await metric(), "orchestrator_templates_last_reload_successful 0");
  t.match(events, [
    {
      reason: "InvalidTemplates",
      note: /new attempts use the built-in templates: code\/claude\.md\.hbs:1:3: unknown variable "typo"/,
    },
  ]);
  handler(configMap("good", "2"));
  t.match(await metric(), "orchestrator_templates_last_reload_successful 1");
  t.equal(source.current().code(code)["CLAUDE.md"], "good");
  t.same(logs, [
    "the set of templates has errors; new attempts use the built-in templates",
    "the set of templates is in effect",
  ]);
  handler(configMap("{{typo}}", "3"));
  t.match(events[1]?.note, /^The set of templates has errors, and the last valid one stays in effect: /);
  t.equal(source.current().code(code)["CLAUDE.md"], "good");
  handler({ ...configMap("good", "3"), type: "deleted" });
  t.match(source.current().code(code)["CLAUDE.md"], /^# Task 1/);
});
