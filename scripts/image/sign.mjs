// Signs what a push has published, by its digest, with the identity of the workflow: `node scripts/image/sign.mjs operator --registry ghcr.io/example`.
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { repositoryOf } from "./commands.mjs";
import { imageTags } from "./tags.mjs";

function run(program, args) {
  const { status, stdout, error } = spawnSync(program, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${error?.message ?? `ended with ${status}`}`);
  return stdout.trim();
}

try {
  const options = { registry: { type: "string" } };
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const [image] = positionals;
  if (image === undefined || values.registry === undefined)
    throw new Error("usage: sign.mjs <image> --registry <registry>");
  const { GITHUB_REF: ref = "", GITHUB_SHA: sha = "" } = process.env;
  const [tag] = imageTags({ ref, sha }).tags;
  const name = `${values.registry}/${repositoryOf(image)}`;
  // a tag may move between push and signature: the digest is what was pushed
  const digest = run("docker", [
    "buildx",
    "imagetools",
    "inspect",
    `${name}:${tag}`,
    "--format",
    "{{.Manifest.Digest}}",
  ]);
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`${name}:${tag} has no digest: ${digest}`);
  run("cosign", ["sign", "--yes", "--recursive", `${name}@${digest}`]);
  console.log(`signed ${name}@${digest}`);
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exit(1);
}
