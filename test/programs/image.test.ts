/** The steps of images/agent's Containerfile, run without an image builder, each with a separate npm prefix. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { installed, installScript, packages, type ProgramName, programNames } from "./installed.js";
import { packageRoot } from "#src/version.js";

const steps = (directory: string, program: string): ReturnType<typeof spawnSync> =>
  spawnSync("sh", ["-ec", installScript], {
    encoding: "utf8",
    env: {
      ...process.env,
      PROGRAM: program,
      PATH: `${join(directory, "bin")}:${process.env.PATH ?? ""}`,
      npm_config_prefix: directory,
      npm_config_cache: join(directory, "cache"),
      npm_config_loglevel: "error",
    },
  });

// one agent program is enough without TEST_FULL
const tried: readonly ProgramName[] = process.env.TEST_FULL === undefined ? ["codex"] : programNames;
for (const program of tried) {
  const found = await installed(program);
  const skip = typeof found === "string" ? found : false;
  t.test(`an image can contain ${program}`, { skip }, (t) => {
    const { status, stdout, stderr } = steps(t.testdir(), program);
    t.equal(status, 0, String(stderr));
    const version = packages.get(program)?.split("@").at(-1) ?? "";
    t.ok(String(stdout).trim().split("\n").at(-1)?.includes(version), `it is of version ${version}`);
    t.end();
  });
}

t.test("the guide names the tested versions", (t) => {
  const guide = readFileSync(join(packageRoot, "docs/guide/templates.md"), "utf8");
  const versions = programNames.map((program) => packages.get(program)?.split("@").at(-1));
  const [claude, codex, , gemini, opencode] = /^\| tested version \| (.*) \|$/m.exec(guide)?.[1]?.split(" | ") ?? [];
  t.same([claude, codex, gemini, opencode], versions);
  t.end();
});

t.test("another program is rejected with the list of supported ones", (t) => {
  const { status, stderr } = steps(t.testdir(), "cursor");
  t.equal(status, 1);
  t.equal(stderr, "PROGRAM is claude, codex, gemini or opencode; cursor is not on npm\n");
  t.same([...packages.keys()], programNames);
  t.end();
});
