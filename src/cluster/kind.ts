/**
 * `npm run kind [-- ARGUMENTS]`: runs kind (Kubernetes in Docker); without arguments it creates the cluster of
 * config/kind/.
 *
 * The npm package called kind is an unrelated type checker, which `npx kind` would download and run. A program called
 * kind is therefore asked for its version first. Without a real kind on PATH, its Go module is run.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { errorText } from "../runtime/error-text.js";
import { run, which } from "./process.js";

const KIND_VERSION = "v0.33.0";
const configuration = fileURLToPath(new URL("../../config/kind/kind-config.yaml", import.meta.url));

/** The command line that runs kind. @throws {Error} when neither kind nor Go is installed. */
export async function kindCommand(environment: NodeJS.ProcessEnv = process.env): Promise<string[]> {
  const installed = which("kind", environment.PATH);
  if (installed !== undefined && (await run([installed, "version"], { env: environment })).output.startsWith("kind v"))
    return [installed];
  const go = which("go", environment.PATH);
  if (go === undefined) {
    throw new Error(
      `${installed === undefined ? "kind is not on PATH" : `${installed} is not Kubernetes' kind`}, and Go, which could run its module, is not installed. ` +
        "Install kind (https://kind.sigs.k8s.io), or use the local cluster, which needs neither: orchestrator cluster up",
    );
  }
  return [go, "run", `sigs.k8s.io/kind@${KIND_VERSION}`];
}

/** Why kind cannot run on this machine; undefined if it can. */
export async function whyNoKind(environment: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  for (const engine of ["docker", "podman", "nerdctl"]) {
    const program = which(engine, environment.PATH);
    if (program !== undefined && (await run([program, "info"], { env: environment })).code === 0) return undefined;
  }
  return "kind needs a running Docker, Podman or nerdctl, and none answers: start one, or use the local cluster, which needs none: orchestrator cluster up";
}

async function main(args: readonly string[]): Promise<number> {
  const obstacle = await whyNoKind();
  if (obstacle !== undefined) {
    process.stderr.write(`${obstacle}\n`);
    return 1;
  }
  try {
    const [program = "kind", ...rest] = await kindCommand();
    const arguments_ = args.length > 0 ? args : ["create", "cluster", "--config", configuration];
    return spawnSync(program, [...rest, ...arguments_], { stdio: "inherit" }).status ?? 1;
  } catch (error) {
    process.stderr.write(`${errorText(error)}\n`);
    return 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
