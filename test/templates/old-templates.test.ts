/** Templates of the old system: names of variables, files and hooks, partials with arguments, and values in scripts. */
import { execFileSync } from "node:child_process";
import t from "tap";
import { codeVariables, docsVariables } from "#src/templates/context.js";
import { oldNames } from "#src/templates/old-names.js";
import { sampleCode, sampleDocs } from "#src/templates/samples.js";
import { overrideTemplates, type OverriddenTemplates } from "#src/templates/source.js";
import { checkTemplate, compileTemplate } from "#src/templates/template.js";

const messages = (result: OverriddenTemplates): string[] => result.problems.map(({ message }) => message);
const [bare, full] = [sampleCode[0], sampleCode.at(-1)];
if (bare === undefined || full === undefined) throw new Error("there are samples");

const memory = `# Task {{task_id}} of {{service}}
{{#if github_app}}Agent: {{github_app}}{{else}}User: {{github_user}}{{/if}}
Repository {{repository_url}}, documents {{docs_repository_url}}, branch {{docs_branch}}
{{#if docs_project_directory}}Project {{docs_project_directory}}{{/if}}
Work in {{working_directory}}, with {{model}}, version {{context_version}}.
{{#if (eq github_app "5DLabs-Cleo")}}Quality{{else if (eq github_app "5DLabs-Tess")}}Testing{{/if}}
{{#if continue_session}}Continue.{{/if}}{{#if overwrite_memory}}Overwrite.{{/if}}
`;

t.test("a template with the old system's variables renders as it did", (t) => {
  const { templates, problems } = overrideTemplates({ "code_CLAUDE.md.hbs": memory });
  t.same(problems, []);
  const text = templates?.code({ ...bare, spec: { ...bare.spec, githubApp: "5DLabs-Tess" } })["CLAUDE.md"] ?? "";
  t.match(text, `# Task ${bare.spec.taskId} of ${bare.spec.service}\nAgent: 5DLabs-Tess\n`);
  t.match(text, `Work in ${bare.spec.service}, with sonnet, version 1.\nTesting\n\n`);
  t.notMatch(text, /Project/);
  t.end();
});

t.test("each old name is the value of today's, in the kinds that have it", (t) => {
  const code = codeVariables(full);
  const docs = sampleDocs.slice(-1).map(docsVariables);
  for (const [name, [path]] of Object.entries(oldNames)) {
    const values = [code, ...docs].filter((variables) => {
      try {
        compileTemplate("a", `{{json ${path}}}`).render(variables);
        return true;
      } catch {
        return false;
      }
    });
    t.ok(values.length > 0, name);
    for (const variables of values)
      t.equal(
        compileTemplate("a", `{{json ${name}}}`).render(variables),
        compileTemplate("a", `{{json ${path}}}`).render(variables),
        name,
      );
  }
  t.match(messages(overrideTemplates({ "docs_claude.md.hbs": "{{task_id}}" })), [/unknown variable "task_id"/]);
  t.end();
});

t.test("names of files and hooks of the old system are those of today", (t) => {
  const { templates, problems } = overrideTemplates({
    "code_claude.md.hbs": "code memory",
    "docs_CLAUDE.md.hbs": "docs memory",
    "agents_system-prompt.md.hbs": "generic prompt",
    "code_hooks_early-test.sh.hbs": "echo early",
    "code_hooks_stop-commit.sh.hbs": "echo commit",
    "code_hooks_stop-code-pr-creation.sh.hbs": "echo pr",
  });
  t.same(problems, []);
  const files = templates?.code(full) ?? {};
  t.match(files, {
    "hooks-start-early-test.sh": "echo early",
    "hooks-stop-commit.sh": "echo commit",
    "hooks-stop-code-pr-creation.sh": "echo pr",
  });
  t.equal(templates?.systemPrompt({}), "generic prompt");
  t.end();
});

t.test("what has no effect is a warning: other names, and an old name beside today's", (t) => {
  t.match(
    messages(
      overrideTemplates({
        "code_claude.md.hbs": "x",
        "code_CLAUDE.md.hbs": "y",
        "docs_hooks_after-file-saved.sh.hbs": "echo",
        "code_claude_container.sh.hbs": "echo",
      }),
    ).sort(),
    [
      /^code_CLAUDE\.md\.hbs has no effect: code_claude\.md\.hbs is set too$/,
      /^code_claude_container\.sh\.hbs has no effect: .*did you mean code_container\.sh\.hbs\?/,
      /^docs_hooks_after-file-saved\.sh\.hbs has no effect: only hooks named/,
    ],
  );
  t.end();
});

t.test("a partial takes a context and named arguments", (t) => {
  const partials: Readonly<Record<string, string>> = {
    greeting: "{{word}}, {{name}}{{#if loud}}!{{/if}}",
    outer: '{{> greeting word="Bye"}}',
  };
  const render = (text: string, variables: object): string =>
    compileTemplate("a", text, (name) => partials[name]).render(variables);
  t.equal(render('{{> greeting word="Hello" loud=true}}', { name: "Ann" }), "Hello, Ann!");
  t.equal(render('{{> greeting agent word="Hi"}}', { agent: { name: "Rex", loud: false } }), "Hi, Rex");
  t.equal(
    render("{{#each all}}{{> greeting word=@root.word}} {{/each}}", { word: "Hi", all: [{ name: "A", loud: 0 }] }),
    "Hi, A ",
  );
  t.equal(render("{{> outer}}", { name: "Ann", loud: true }), "Bye, Ann!");
  t.throws(() => render("{{> greeting}}", { name: "Ann", loud: true }), /unknown variable "word"/);
  t.end();
});

t.test("all unknown names of a file are listed at once, each with the nearest known name", (t) => {
  const text = `{{spec.services}} {{taskIds}} {{githubApp}}
{{#each spec.toolset}}{{this.name}}{{@root.numbers}}{{/each}}{{#if (eq agent.names spec.models)}}{{/if}}
{{lowercase model}} {{shq}} {{frobnicate}}`;
  t.same(
    messages(overrideTemplates({ "code_claude.md.hbs": text })),
    [
      'code/claude.md.hbs:1:3: unknown variable "spec.services"; did you mean spec.service?',
      'code/claude.md.hbs:1:21: unknown variable "taskIds"; did you mean spec.taskId?',
      'code/claude.md.hbs:1:33: unknown variable "githubApp"; did you mean spec.githubApp?',
      'code/claude.md.hbs:2:9: unknown variable "spec.toolset"; did you mean tools?',
      'code/claude.md.hbs:2:38: unknown variable "@root.numbers"',
      'code/claude.md.hbs:2:72: unknown variable "agent.names"; did you mean agent.name?',
      'code/claude.md.hbs:2:84: unknown variable "spec.models"; did you mean spec.model?',
    ].concat([
      'code/claude.md.hbs:3:1: unknown helper "lowercase"; known helpers: and, default, eq, includes, indent, json, lower, ne, not, or, shq, toml, upper, yaml',
      "code/claude.md.hbs:3:23: shq is a helper and takes arguments",
      'code/claude.md.hbs:3:31: unknown variable "frobnicate"',
    ]),
  );
  t.end();
});

const unquoted: readonly (readonly [text: string, problem: string | undefined])[] = [
  [
    "cd {{docs_project_directory}}",
    "1:4: docs_project_directory is not quoted for the shell: write {{shq docs_project_directory}}",
  ],
  ['cd "{{spec.workingDirectory}}"', "1:5: spec.workingDirectory is not quoted for the shell"],
  ["# {{repository_url}}", "1:3: repository_url is not quoted for the shell"],
  ["{{#each spec.localTools}}echo {{this}}{{/each}}", "1:31: this is not quoted for the shell"],
  ['echo {{default agent.name "x"}}', "1:6: (default ...) is not quoted for the shell"],
  ["echo {{json spec.localTools}}", "1:6: (json ...) is not quoted for the shell"],
  ["echo {{{model}}}", "1:6: model is not quoted for the shell"],
  ['echo "in {{shq spec.repositoryUrl}}"', "1:10: shq quotes its value itself: remove the quotes around it"],
  ["echo {{shq spec.repositoryUrl}} 'a\"b' {{shq model}}", undefined],
  ['echo {{task_id}} {{number}} {{continue_session}} {{eq model spec.model}} {{default spec.runType "x"}}', undefined],
  ['echo "task-{{task_id}}-{{service}}"', undefined],
];

t.test(
  "a value in a script is an argument of shq without quotes around it, or cannot contain what a shell obeys",
  (t) => {
    for (const [text, problem] of unquoted) {
      const found = checkTemplate("code/hooks/stop-x.sh.hbs", text).problems.map(({ message }) => message);
      t.equal(found.length, problem === undefined ? 0 : 1, text);
      if (problem !== undefined) t.ok(found[0]?.startsWith(`code/hooks/stop-x.sh.hbs:${problem}`), text);
    }
    t.same(checkTemplate("code/claude.md.hbs", "{{spec.workingDirectory}}").problems, [], "only scripts");
    t.end();
  },
);

t.test("a value with a command in it never runs: a raw one is refused, a quoted one is data", (t) => {
  const context = { ...full, spec: { ...full.spec, docsProjectDirectory: "a$(echo ran)b" } };
  const { templates } = overrideTemplates({ "code_container.sh.hbs": "printf %s {{shq docs_project_directory}}" });
  const script = templates?.code(context)["container.sh"] ?? "";
  t.equal(execFileSync("bash", ["-c", script], { encoding: "utf8" }), "a$(echo ran)b");
  t.equal(overrideTemplates({ "shared_library.sh.hbs": "echo {{docs_project_directory}}" }).templates, undefined);
  t.end();
});

t.test("fields with a default in the schema have it, also in objects that were stored before it", (t) => {
  const { docsBranch: _, toolConfig: __, promptMode: ___, contextVersion: ____, ...spec } = full.spec;
  const { spec: variables } = codeVariables({ ...full, spec });
  t.match(variables, { docsBranch: "main", toolConfig: "default", promptMode: "append", contextVersion: 1 });
  t.end();
});
