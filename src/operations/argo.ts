/** Whether a cluster has what plays as Workflows need. */
import { Workflows } from "../argo/workflow.js";
import type { Client } from "../runtime/client/client.js";
import { NotFound } from "../runtime/client/errors.js";

/** Whether the API server serves Argo's Workflows; every user may ask. */
export async function hasArgo(client: Pick<Client, "raw">): Promise<boolean> {
  try {
    const answer = await client.raw({ method: "GET", path: `/apis/${Workflows.group}/${Workflows.version}` });
    const { resources = [] } = answer as { readonly resources?: readonly { readonly name?: string }[] };
    return resources.some(({ name }) => name === Workflows.plural);
  } catch (error) {
    if (error instanceof NotFound) return false;
    throw error;
  }
}
