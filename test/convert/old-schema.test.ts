/**
 * Whatever the old definitions took is valid after conversion, or denied for a field that the migration guide names. The generators
 * follow the fields, types and limits of the old definitions, and favor the values that their authors wrote.
 */
import { readFileSync } from "node:fs";
import t from "tap";
import { stringify } from "yaml";
import fc from "../property.js";
import { outcomeOf } from "../cli/command-line.js";
import { convertCommand } from "#src/cli/convert.js";
import { validateCommand } from "#src/cli/validate.js";

const guide =
  readFileSync("docs/guide/migrating.md", "utf8").split("## Names and values that the old system accepted")[1] ?? "";

/** The fields in the first column of the guide's table. */
const named = guide
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, field = ""]) => field));

const isNamed = (field: string): boolean =>
  named.some(
    (each) => field === each || (each !== "spec" && (field.startsWith(`${each}.`) || field.startsWith(`${each}[`))),
  );

const text = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme-ascii" });
/** Mostly what people wrote, sometimes what they could have written. */
const mostly = <T>(usual: readonly T[], odd: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: odd });

const odd = fc.oneof(fc.constantFrom("a".repeat(64), "-", "x--y", "with blank in it"), text);
const name = mostly(["auth", "Auth_Service", "auth-2", "rex-5dlabs[bot]", "@octocat"], odd);
const url = mostly(
  [
    "acme/app",
    "https://github.com/acme/app.git",
    "git@github.com:acme/app.git",
    "git://github.com/a/b",
    "github.com/a/b",
  ],
  fc.oneof(fc.constantFrom("https://gitlab.example.com/a/b", "ssh://git@host:2222/a", "/srv/git", "http://x"), text),
);
const branch = mostly(
  ["main", " main", "refs/heads/dev", "v1.0"],
  fc.oneof(fc.constantFrom("feature/a b", "a..b"), text),
);
const directory = mostly([".", "docs", "/workspace", "docs/", "/"], fc.oneof(fc.constantFrom("../x", "/srv"), text));
const unsigned = mostly([1, 7, 999_999], fc.constantFrom(0, 1_754_049_600, 4_294_967_295));
const listed = mostly(["filesystem", "git, github", "a,,b", "a, a"], odd);
const variables = fc.dictionary(
  mostly(["A", "LOG_LEVEL"], fc.oneof(fc.constantFrom("TASK_ID", "1A", "a-b"), text)),
  text,
  {
    maxKeys: 3,
  },
);
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const files = fc.array(
  fc.record({
    filename: fc.oneof(
      fc.constantFrom("task.md", "prompt.md", "..md", "CLAUDE.md"),
      fc.stringMatching(/^[a-zA-Z0-9._-]{1,8}\.md$/),
    ),
    content: text,
    fileType: optional(fc.constantFrom("task", "design-spec", "prompt", "context", "acceptance-criteria")),
  }),
  { minLength: 1, maxLength: 4 },
);

const taskRun = fc.record({
  taskId: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(999_999, 4_294_967_295)),
  serviceName: name,
  agentName: name,
  contextVersion: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(1_754_049_600)),
  markdownFiles: files,
  agentTools: optional(
    fc.array(
      fc.record({ name: text, enabled: fc.boolean(), restrictions: optional(fc.array(text, { maxLength: 2 })) }),
      {
        maxLength: 3,
      },
    ),
  ),
  repository: optional(fc.record({ url, branch, githubUser: name, token: optional(text) })),
});

const codeRun = fc.record({
  taskId: unsigned,
  service: name,
  repositoryUrl: url,
  docsRepositoryUrl: url,
  docsProjectDirectory: optional(directory),
  docsBranch: optional(branch),
  workingDirectory: directory,
  model: mostly(["opus", "claude-sonnet-4-20250514"], text),
  githubUser: optional(name),
  githubApp: mostly(["5DLabs-Rex", "5DLabs-Cleo[bot]"], name),
  contextVersion: optional(unsigned),
  continueSession: optional(fc.boolean()),
  overwriteMemory: optional(fc.boolean()),
  env: optional(variables),
  envFromSecrets: optional(
    fc.array(
      fc.record({ name: mostly(["TOKEN"], odd), secretName: mostly(["keys"], name), secretKey: mostly(["key"], odd) }),
      { maxLength: 2 },
    ),
  ),
  enableDocker: optional(fc.boolean()),
  taskRequirements: optional(mostly(["", Buffer.from("secrets: []").toString("base64")], text)),
  serviceAccountName: optional(mostly(["agent"], name)),
  cliConfig: optional(
    fc.record({
      cliType: fc.constantFrom("claude", "Codex", "gemini"),
      model: mostly(["opus", "gpt-5"], text),
      maxTokens: optional(fc.integer({ min: 1, max: 100_000 })),
      temperature: optional(mostly([0, 0.7], fc.double({ min: 0, max: 3, noNaN: true }))),
      settings: optional(
        fc.dictionary(mostly(["reasoningEffort"], text), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 2 }),
      ),
    }),
  ),
  localTools: optional(listed),
  remoteTools: optional(listed),
  promptModification: optional(text),
});

const docsRun = fc.record({
  repositoryUrl: url,
  workingDirectory: directory,
  sourceBranch: branch,
  githubApp: name,
  model: optional(mostly(["opus"], text)),
  cli: optional(fc.constantFrom("claude", "Codex")),
  includeCodebase: optional(fc.boolean()),
  localTools: optional(fc.array(text, { maxLength: 3 })),
  remoteTools: optional(fc.array(text, { maxLength: 3 })),
});

const kinds: readonly (readonly [kind: string, group: string, spec: fc.Arbitrary<object>])[] = [
  ["TaskRun", "orchestrator.io/v1", taskRun],
  ["CodeRun", "agents.platform/v1", codeRun],
  ["DocsRun", "agents.platform/v1", docsRun],
];

for (const [kind, apiVersion, specs] of kinds)
  t.test(
    `every ${kind} of the old system is valid after conversion, or denied for a field that the guide names`,
    async (t) => {
      let valid = 0;
      await fc.assert(
        fc.asyncProperty(specs, async (spec) => {
          const object = JSON.parse(JSON.stringify({ apiVersion, kind, metadata: { name: "it" }, spec })) as object;
          const { code, out, err } = await outcomeOf(convertCommand, ["-f", "-"], stringify(object));
          const errors = err.split("\n").filter((line) => line.includes(": error: "));
          for (const line of errors) {
            const field = /: error: ([^\s:]+)/.exec(line)?.[1] ?? "";
            if (!isNamed(field)) throw new Error(`the guide names no rule for ${line}`);
          }
          if ((code === 0) !== (errors.length === 0))
            throw new Error(`exit code ${String(code)}, but ${errors.join()}`);
          if (code !== 0) return;
          valid += 1;
          const validated = await outcomeOf(validateCommand, ["-f", "-"], out);
          const denied = validated.out.split("\n").filter((line) => line.includes(": error: "));
          const certain = denied.filter((line) => !/allowDocker|git\.hosts/.test(line));
          if (certain.length > 0) throw new Error(`convert said nothing of ${certain.join()}`);
        }),
        { numRuns: 150 },
      );
      t.ok(valid > 0, `${valid} were valid`);
    },
  );

t.test("the guide names fields that exist", (t) => {
  t.ok(named.length > 20);
  t.end();
});
