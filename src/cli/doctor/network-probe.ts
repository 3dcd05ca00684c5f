/** Proves by pods whether the network plugin enforces NetworkPolicies. Whatever happens, it removes what it created. */
import { randomBytes } from "node:crypto";
import type { NetworkProbeResult } from "./facts.js";
import { agentNetworkPolicy } from "../../runs/network-policy.js";
import { runLabels } from "../../runs/metadata.js";
import { errorText } from "../../runtime/error-text.js";
import { NetworkPolicies, Pods } from "../../runtime/client/builtin.js";
import type { Client } from "../../runtime/client/client.js";
import { NotFound } from "../../runtime/client/errors.js";
import type { KubernetesObject, ObjectKey, Pod, Stored } from "../../runtime/client/objects.js";
import type { ResourceType } from "../../runtime/client/resource.js";
import { sleep, systemClock, type Clock } from "../../runtime/clock.js";

export interface NetworkProbeOptions {
  readonly client: Client;
  /** In which the pods are created. */
  readonly namespace: string;
  /** With busybox's sh, httpd, timeout and wget. */
  readonly image: string;
  readonly signal: AbortSignal;
  /** Receives a line about what could not be removed. */
  readonly note: (line: string) => void;
  readonly clock?: Clock;
}

/** Milliseconds that a pod has to start, with the pull of its image, or to end. */
const patience = 90_000;
/** Seconds after which the kubelet ends pods that nobody removed. */
const deadline = 300;
const port = 8080;
const nameLabel = "orchestrator.io/doctor";

/**
 * A server, and two clients of which one has the agents' NetworkPolicy, which allows no private addresses. The other shows that the server can
 * be reached at all. The policy is one of the probe's own with the agents' rules, since no run may exist in the namespace.
 */
export async function probeNetwork(options: NetworkProbeOptions): Promise<NetworkProbeResult> {
  const made: { readonly type: ResourceType; readonly key: ObjectKey }[] = [];
  const probe = `orchestrator-doctor-${randomBytes(4).toString("hex")}`;
  const { client, namespace, image } = options;
  const create = async <T extends KubernetesObject>(type: ResourceType<T>, object: T): Promise<ObjectKey> => {
    const key = { namespace, name: object.metadata?.name ?? "" };
    // before the answer: a request that timed out may have created it
    made.push({ type, key });
    await client.create(type, object);
    return key;
  };
  try {
    const policy = agentNetworkPolicy(namespace, { enabled: true, dns: [], allow: [], deny: [] });
    await create(NetworkPolicies, {
      ...policy,
      metadata: { name: probe, namespace, labels: { [nameLabel]: probe } },
      spec: { ...policy.spec, podSelector: { matchLabels: { [nameLabel]: `${probe}-agent` } } },
    });
    const serve = `mkdir -p /tmp/www && echo reached > /tmp/www/index.html && exec httpd -f -p ${port} -h /tmp/www`;
    const server = await create(Pods, probePod(probe, "server", namespace, image, serve));
    const { podIP } =
      (await waitFor(options, server, "start", ({ phase, podIP }) => phase === "Running" && podIP !== undefined)) ?? {};
    const host = podIP?.includes(":") === true ? `[${podIP}]` : podIP;
    // not its own option -T, with which Debian's static busybox crashes
    const ask = `for i in 1 2 3; do timeout 4 wget -q -O - http://${host ?? ""}:${port}/ && exit 0; sleep 1; done; exit 1`;
    const names = ["control", "agent"] as const;
    const keys = await Promise.all(names.map((name) => create(Pods, probePod(probe, name, namespace, image, ask))));
    const [control, agent] = await Promise.all(
      keys.map((key) => waitFor(options, key, "end", ({ phase }) => phase === "Succeeded" || phase === "Failed")),
    );
    if (control?.phase !== "Succeeded")
      return { result: "unknown", reason: "a pod without a NetworkPolicy could not reach the other pod either" };
    return { result: agent?.phase === "Succeeded" ? "notEnforced" : "enforced" };
  } catch (error) {
    return { result: "unknown", reason: errorText(error) };
  } finally {
    await Promise.all(made.map(({ type, key }) => remove(options, type, key)));
  }
}

async function remove({ client, note }: NetworkProbeOptions, type: ResourceType, key: ObjectKey): Promise<void> {
  try {
    await client.delete(type, key, type.kind === Pods.kind ? { gracePeriodSeconds: 0 } : {});
  } catch (error) {
    if (error instanceof NotFound) return;
    note(`warning: ${type.kind} ${key.namespace ?? ""}/${key.name} was not removed: ${errorText(error)}\n`);
  }
}

/** Waits for a state of a pod. @throws if it is not reached in time */
async function waitFor(
  { client, signal, clock = systemClock }: NetworkProbeOptions,
  key: ObjectKey,
  verb: "start" | "end",
  isReached: (status: NonNullable<Pod["status"]>) => boolean,
): Promise<Pod["status"]> {
  const until = clock.monotonic() + patience;
  for (;;) {
    const pod = await client.get(Pods, key, { signal });
    if (pod.status !== undefined && isReached(pod.status)) return pod.status;
    if (verb === "start" && (pod.status?.phase === "Failed" || pod.status?.phase === "Succeeded"))
      throw new Error(`pod ${key.name} ended${whyNot(pod)}`);
    if (clock.monotonic() > until)
      throw new Error(`pod ${key.name} did not ${verb} within ${patience / 1000} s${whyNot(pod)}`);
    if (!(await sleep(clock, 500, signal))) throw new Error("it was interrupted");
  }
}

/** What the kubelet or the scheduler reports of a pod. */
function whyNot({ status }: Stored<Pod>): string {
  const waiting = status?.containerStatuses?.[0]?.state?.waiting;
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  const why =
    waiting?.reason === undefined
      ? scheduled?.status === "False"
        ? scheduled.message
        : status?.message
      : `${waiting.reason}: ${waiting.message ?? ""}`;
  return why === undefined ? "" : ` (${why})`;
}

/** A pod within Pod Security `restricted`, that ends by itself. */
function probePod(
  probe: string,
  role: "server" | "control" | "agent",
  namespace: string,
  image: string,
  script: string,
): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace,
      name: `${probe}-${role}`,
      labels: {
        [nameLabel]: `${probe}-${role}`,
        // as an agent's pod has it, so that the namespace's own policy for agents selects it too
        ...(role === "agent" && { [runLabels.ownerUID]: probe }),
      },
    },
    spec: {
      restartPolicy: "Never",
      activeDeadlineSeconds: deadline,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: role,
          image,
          command: ["sh", "-c", script],
          resources: {
            requests: { cpu: "10m", memory: "16Mi" },
            limits: { cpu: "100m", memory: "32Mi" },
          },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
        },
      ],
      volumes: [{ name: "tmp", emptyDir: { sizeLimit: "16Mi" } }],
    },
  };
}
