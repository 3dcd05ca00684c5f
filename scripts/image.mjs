// Builds the images of this repository with docker or podman: `npm run image -- --help`.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { imageCommands } from "./image/commands.mjs";
import { imageTags } from "./image/tags.mjs";

const help = `Usage: npm run image -- [image...] [options]

Builds images: operator (manager and server), or an agent's: claude, codex, gemini, opencode.
Default: operator.

  --tag <tag>            tag; repeatable. Default: the version in package.json, or in GitHub Actions
                         (GITHUB_REF, GITHUB_SHA): latest and main-<commit>, v1.2.3, or pr-<number>
  --registry <registry>  where the image belongs, such as ghcr.io/example
  --platform <platform>  linux/amd64 or linux/arm64; repeatable, or with commas. Default: this machine's
  --push                 push it. Builds of pull requests are not pushed
  --node <image>         base image of the operator, with its digest
  --dry-run              print the commands and run none
`;

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

function isInstalled(program) {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
}

function readOptions() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        ...{ tag: { type: "string", multiple: true }, registry: { type: "string" }, node: { type: "string" } },
        platform: { type: "string", multiple: true, default: [] },
        ...{ push: { type: "boolean", default: false }, "dry-run": { type: "boolean", default: false } },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return fail(`${error.message}\n\n${help}`);
  }
}

const { values, positionals } = readOptions();
if (values.help) {
  console.log(help);
  process.exit(0);
}
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const { GITHUB_REF: ref, GITHUB_SHA: sha } = process.env;
const dryRun = values["dry-run"];
const builder = ["docker", "podman"].find(isInstalled) ?? (dryRun ? "docker" : undefined);
if (builder === undefined) fail("docker or podman is needed to build an image; neither is installed");

try {
  const build = ref === undefined ? { tags: [version], published: true } : imageTags({ ref, sha: sha ?? "" });
  const commands = (positionals.length === 0 ? ["operator"] : positionals).flatMap((image) =>
    imageCommands({
      ...{ builder, image, version, tags: values.tag ?? build.tags, push: values.push && build.published },
      platforms: values.platform.flatMap((each) => each.split(",")).filter((each) => each !== ""),
      ...(values.registry !== undefined && { registry: values.registry }),
      ...(values.node !== undefined && { node: values.node }),
      ...(sha !== undefined && { revision: sha }),
    }),
  );
  for (const [program, ...args] of commands) {
    console.log([program, ...args].join(" "));
    if (dryRun) continue;
    const { status, error } = spawnSync(program, args, { stdio: "inherit" });
    if (status !== 0) fail(error?.message ?? `${program} ended with ${status}`);
  }
} catch (error) {
  fail(error.message);
}
