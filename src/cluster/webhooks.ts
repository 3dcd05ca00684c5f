import { kubectl, type InstallTarget } from "./install.js";

/**
 * Whether the API server calls the operator's webhooks: asks for the creation of a TaskRun that is wrong, without meaning
 * it. It has to be refused for what it is, and not because nobody answered.
 */
export async function webhooksAnswer(target: InstallTarget): Promise<boolean> {
  const wrong = {
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: { name: "are-the-webhooks-there", namespace: "default" },
    spec: {},
  };
  try {
    await kubectl(
      target,
      ["create", "--dry-run=server", "--validate=ignore", "--request-timeout=15s", "-f", "-"],
      JSON.stringify(wrong),
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
