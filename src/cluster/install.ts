import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { errorText } from "../runtime/error-text.js";
import { webhookConfigurations } from "../admission/index.js";
import { webhookService } from "../admission/manifests.js";
import { packageRoot } from "../version.js";

const definitions = ["taskruns", "coderuns", "docsruns", "budgets", "deliveries", "schedules"].map(
  (plural) => `crd/${plural}.orchestrator.io`,
);

/** The manifests that prepare a cluster for the operator, in the order of application. */
const manifests = [
  "config/manager/namespace.yaml",
  "config/manager/lease.yaml",
  "crds",
  "config/rbac",
  "config/admission-policy",
] as const;

export interface InstallTarget {
  /** Path of kubectl. */
  readonly kubectl: string;
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
}

/**
 * Installs what the operator needs before it starts: namespace, CRDs, RBAC, and webhook configurations that call it at
 * `webhookUrl` (it runs beside the cluster, not in it). Idempotent.
 *
 * @throws Error with kubectl's message where a manifest cannot be applied.
 */
export async function installOperator(target: InstallTarget, webhookUrl: string): Promise<void> {
  const files = manifests.flatMap((path) => ["-f", join(packageRoot, path)]);
  await kubectl(target, ["apply", "--server-side", "--force-conflicts", ...files]);
  await waitEstablished(target, definitions);
  const { mutating, validating } = webhookConfigurations({ url: webhookUrl }, webhookService.namespace);
  const list = { apiVersion: "v1", kind: "List", items: [mutating, validating] };
  await kubectl(target, ["apply", "--server-side", "--force-conflicts", "-f", "-"], JSON.stringify(list));
}

/**
 * Waits until the API server serves the kinds of CustomResourceDefinitions.
 *
 * @param definitions such as `crd/taskruns.orchestrator.io`
 * @throws Error with kubectl's message after 30 s
 */
export async function waitEstablished(target: InstallTarget, definitions: readonly string[]): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await kubectl(target, ["wait", "--for=condition=Established", ...definitions]);
      return;
    } catch (error) {
      // kubectl ends at once where a definition is so new that it has no status
      if (!errorText(error).includes("accessor error") || Date.now() >= deadline) throw error;
      await setTimeout(100);
    }
  }
}

/**
 * Runs kubectl and returns its standard output.
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
  child.stdin.on("error", () => undefined); // it exited without reading its input; its exit code and stderr say why
  child.stdin.end(input ?? "");
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${Buffer.concat(errors).toString("utf8").trim()}`);
  return Buffer.concat(output).toString("utf8");
}
