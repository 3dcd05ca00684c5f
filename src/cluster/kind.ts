/**
 * `npm run kind [-- ARGUMENTS]`: runs the real kind; without arguments it creates the cluster of config/kind/.
 *
 * The package called kind on npm is an unrelated type checker, which `npx kind` would fetch and run, so that a program
 * of that name is asked who it is first. Without a real one, kind's Go module is run.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { errorText } from "../runtime/error-text.js";
import { run, which } from "./process.js";

const KIND_VERSION = "v0.33.0";
const configuration = fileURLToPath(new URL("../../config/kind/kind-config.yaml", import.meta.url));

/** The command line of the real kind. @throws {Error} when it can't be had. */
export async function kindCommand(environment: NodeJS.ProcessEnv = process.env): Promise<string[]> {
  const installed = which("kind", environment.PATH);
  if (installed !== undefined && (await run([installed, "version"], { env: environment })).output.startsWith("kind v"))
    return [installed];
  const go = which("go", environment.PATH);
  if (go === undefined) {
    throw new Error(
      `${installed === undefined ? "There is no kind on PATH" : `${installed} is not the kind of Kubernetes`}, and no Go to run it from its module. ` +
        "Install it (https://kind.sigs.k8s.io), or use the local cluster, which needs neither: orchestrator cluster up",
    );
  }
  return [go, "run", `sigs.k8s.io/kind@${KIND_VERSION}`];
}

/** Why kind can't work here; undefined when it can. */
export async function whyNoKind(environment: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  for (const engine of ["docker", "podman", "nerdctl"]) {
    const program = which(engine, environment.PATH);
    if (program !== undefined && (await run([program, "info"], { env: environment })).code === 0) return undefined;
  }
  return "kind needs a running Docker (or Podman, or nerdctl), and none answers: start it, or use the local cluster, which needs none: orchestrator cluster up";
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
