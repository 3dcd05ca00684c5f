import { kubectl, type InstallTarget } from "./install.js";

/**
 * Whether the API server reaches the operator's webhooks. Creates an invalid TaskRun as a dry run: the webhooks must
 * deny it for its spec, rather than the API server because no webhook answered.
 */
export async function webhooksAnswer(target: InstallTarget): Promise<boolean> {
  const invalid = {
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: { name: "webhook-check", namespace: "default" },
    spec: {},
  };
  try {
    await kubectl(
      target,
      ["create", "--dry-run=server", "--validate=ignore", "--request-timeout=15s", "-f", "-"],
      JSON.stringify(invalid),
    );
    return true;
  } catch (error) {
    return (
      error instanceof Error &&
      error.message.includes("spec.taskId") &&
      !error.message.includes("failed calling webhook")
    );
  }
}
