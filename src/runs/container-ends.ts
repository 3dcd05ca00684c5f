/** How the containers of an attempt ended, as its pods show it. Pure. */
import type { Pod, Stored } from "../runtime/client/objects.js";
import { deliverContainer, dockerContainer } from "../api/names.js";
import { parseTerminationMessage, type AgentResult } from "./termination.js";
import { gatewayContainer } from "./usage.js";

/** The end of a container. */
export interface Terminated {
  readonly container: string;
  readonly exitCode: number;
  readonly reason: string;
  readonly message?: string;
}

/** Undefined while the container has not ended. */
export function terminated(pod: Pod, container: string): Terminated | undefined {
  const all = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  const state = all.find(({ name }) => name === container)?.state?.terminated;
  if (state === undefined) return undefined;
  return {
    container,
    exitCode: state.exitCode,
    reason: state.reason ?? (state.exitCode === 0 ? "Completed" : "Error"),
    ...(state.message !== undefined && { message: state.message }),
  };
}

/** The init container that failed. Side-cars do not count: they restart, and end with the pod. */
export function failedInit(pod: Pod): Terminated | undefined {
  const { spec, status } = pod;
  // caches keep no spec
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const names: ReadonlySet<string> = new Set([gatewayContainer, dockerContainer, ...sidecars.map(({ name }) => name)]);
  const ended = (status?.initContainerStatuses ?? [])
    .filter(({ name }) => !names.has(name))
    .map(({ name }) => terminated(pod, name));
  return ended.find((state) => state !== undefined && state.exitCode !== 0);
}

/** How the containers of an attempt's last pods ended, as far as they have. */
export interface ContainerEnds {
  readonly agent: Terminated | undefined;
  readonly deliver: Terminated | undefined;
  /** The one whose failure ended the attempt. */
  readonly failed: Terminated | undefined;
}

export function containerEnds(pods: readonly Stored<Pod>[], agentContainer: string): ContainerEnds {
  const last = (container: string): Terminated | undefined =>
    pods.map((pod) => terminated(pod, container)).findLast((state) => state !== undefined);
  const [agent, deliver] = [last(agentContainer), last(deliverContainer)];
  const init = pods.map((pod) => failedInit(pod)).findLast((state) => state !== undefined);
  // where the agent failed, nothing is delivered
  const failed = [agent, deliver, init].find((state) => state !== undefined && state.exitCode !== 0);
  return { agent, deliver, failed };
}

/** Before the agent, only the start script has exit codes with a meaning: it says why it failed. */
export function exitCodeOf({ agent, failed }: ContainerEnds): number | undefined {
  const decisive = failed ?? agent;
  return agent === undefined && failed?.message === undefined ? undefined : decisive?.exitCode;
}

/** What the agent reports, with what became of its work; of an attempt that failed elsewhere, what that container reports. */
export function resultOf({ agent, deliver, failed }: ContainerEnds): AgentResult {
  // of a container that never ran, the message is the runtime's
  const reported = (end: Terminated | undefined): AgentResult =>
    parseTerminationMessage(end === undefined || cannotBeExecuted(end) ? undefined : end.message);
  if (agent === undefined) return reported(failed);
  const { summary, ...delivered } = reported(deliver);
  const reason = deliver !== undefined && failed === deliver && summary !== undefined ? { summary } : {};
  return { ...reported(agent), ...delivered, ...reason };
}

/** The container runtime's words for a command that the image lacks or cannot execute. Other failures to start may pass. */
const notExecutable = /executable file not found|no such file or directory|permission denied|exec format error/i;

/** Whether the container could not start because the image lacks its command, or cannot execute it. */
export function cannotBeExecuted({ reason, message = "" }: Terminated): boolean {
  return (reason === "StartError" || reason === "ContainerCannotRun") && notExecutable.test(message);
}
