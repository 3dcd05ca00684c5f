/** The configuration in docs/guide/taskrun.md that runs Claude Code itself for TaskRuns. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Configuration } from "#src/configuration/configuration.js";
import { packageRoot } from "#src/version.js";

const guide = readFileSync(join(packageRoot, "docs/guide/taskrun.md"), "utf8");
const [, block = ""] = /## With Claude Code itself[^]*?```yaml\n([^]*?)```/.exec(guide) ?? [];

export const ofTheGuide = parse(block) as {
  readonly agent: Partial<Configuration["agent"]>;
  readonly permissions: Partial<Configuration["permissions"]>;
};
