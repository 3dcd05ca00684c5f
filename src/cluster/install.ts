import { spawn } from "node:child_process";
import { join } from "node:path";
import { webhookConfigurations } from "../admission/index.js";
import { packageRoot } from "../version.js";

const definitions = ["taskruns", "coderuns", "docsruns"].map((plural) => `crd/${plural}.orchestrator.io`);

/** Manifests that make a cluster ready for the operator, in their order. */
const manifests = ["config/manager/namespace.yaml", "config/manager/lease.yaml", "crds", "config/rbac"] as const;

export interface InstallTarget {
  /** Path of a kubectl. */
  readonly kubectl: string;
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
}

/**
 * Installs what the operator needs before it starts: namespace, CRDs, RBAC, and webhook configurations that call it at
 * `webhookUrl` (it runs beside the cluster, not in it). May be repeated.
 *
 * @throws Error with kubectl's own words where something can't be applied.
 */
export async function installOperator(target: InstallTarget, webhookUrl: string): Promise<void> {
  const files = manifests.flatMap((path) => ["-f", join(packageRoot, path)]);
  await kubectl(target, ["apply", "--server-side", "--force-conflicts", ...files]);
  await kubectl(target, ["wait", "--for=condition=Established", ...definitions]);
  const { mutating, validating } = webhookConfigurations({ url: webhookUrl });
  const list = { apiVersion: "v1", kind: "List", items: [mutating, validating] };
  await kubectl(target, ["apply", "--server-side", "--force-conflicts", "-f", "-"], JSON.stringify(list));
}

/**
 * Runs kubectl and gives its standard output.
 *
 * @throws Error with its standard error where it fails.
 */
export async function kubectl(target: InstallTarget, args: readonly string[], input?: string): Promise<string> {
  const child = spawn(target.kubectl, ["--kubeconfig", target.kubeconfig, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  child.stdin.on("error", () => undefined); // it ended without reading, and tells why
  child.stdin.end(input ?? "");
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${Buffer.concat(errors).toString("utf8").trim()}`);
  return Buffer.concat(output).toString("utf8");
}
