/** Plays the kubelet without a node: ends the pod of a Job; the real Job controller does the rest. */
import { eventually } from "../eventually.js";
import { Pods } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import { NotFound } from "#src/runtime/client/errors.js";
import { isPodLive } from "#src/runs/observed.js";
import type { Job, Pod, Stored } from "#src/runtime/client/objects.js";

/** @param message termination message of the agent */
export async function finishJob(client: HttpClient, job: Stored<Job>, exitCode = 0, message?: string): Promise<void> {
  const { namespace = "", name } = job.metadata;
  const pod = await eventually("the Job has its pod", async () => {
    const { items } = await client.list(Pods, { namespace, labelSelector: `batch.kubernetes.io/job-name=${name}` });
    return items[0];
  });
  await endPod(client, pod, exitCode, message);
}

/** @param report of the pod's gateway; absent: it has none */
export async function endPod(
  client: HttpClient,
  pod: Stored<Pod>,
  exitCode: number,
  message?: string,
  report?: object,
): Promise<void> {
  const { namespace = "", name } = pod.metadata;
  const time = new Date().toISOString().replace(/\.\d+/, "");
  const status = {
    phase: exitCode === 0 ? "Succeeded" : "Failed",
    ...(report !== undefined && {
      initContainerStatuses: [
        {
          ...{ name: "gateway", image: "gateway", imageID: "", ready: false, restartCount: 0 },
          state: { terminated: { exitCode: 0, message: JSON.stringify({ version: 1, ...report }) } },
        },
      ],
    }),
    containerStatuses: [
      {
        name: "claude-agent",
        image: "agent",
        imageID: "",
        ready: false,
        restartCount: 0,
        state: {
          terminated: {
            exitCode,
            reason: exitCode === 0 ? "Completed" : "Error",
            startedAt: time,
            finishedAt: time,
            ...(message !== undefined && { message }),
          },
        },
      },
    ],
  };
  await client
    .patch(Pods, { namespace, name }, { type: "merge", body: { status } }, { subresource: "status" })
    .catch((error: unknown) => {
      if (!(error instanceof NotFound)) throw error;
    });
}

/** Ends the running agent of a run. */
export async function endPods(client: HttpClient, namespace: string, runUID: string, exitCode: number): Promise<void> {
  const { items } = await client.list(Pods, { namespace, labelSelector: `orchestrator.io/owner-uid=${runUID}` });
  for (const pod of items.filter(isPodLive)) await endPod(client, pod, exitCode);
}
