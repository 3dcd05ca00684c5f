/** Admission while everything that happens to replicas in a year happens at once, with real processes and a real API server. */
import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import t from "tap";
import { Agent, request } from "undici";
import { webhookPaths } from "#src/admission/index.js";
import { configurationName } from "#src/admission/manifests.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { isSignedBy, readBundle } from "#src/runtime/certs/authority.js";
import { Leases, Secrets, ValidatingWebhookConfigurations } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { KubernetesObject } from "#src/runtime/client/objects.js";
import { formatMicroTime } from "#src/runtime/clock.js";
import { operatorNames } from "#src/configuration/names.js";
import { eventually } from "../eventually.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { Deployment, leaseSeconds } from "./deployment.js";

const full = process.env.TEST_FULL === "1";
const rotations = full ? 10 : 2;
/** Delay after which a client of the webhooks learns of a new authority, within the five seconds that API servers may take. */
const lag = 3_000;
const secret = { namespace: "orchestrator", name: operatorNames.certificates };
const lease = { namespace: "orchestrator", name: operatorNames.lease };

t.setTimeout(full ? 1_200_000 : 240_000);

function taskRun(namespace: string): TaskRun {
  return {
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: { namespace, name: "a" },
    spec: { taskId: 1, serviceName: "auth", markdownFiles: [{ filename: "task.md", content: "# Task\n" }] },
  };
}

/** Calls the webhooks, trusting the bundle that the webhook configurations had a while ago. */
class LateClient {
  /** The trusted bundle, and since when. */
  readonly #known: { readonly at: number; readonly bundle: string }[] = [];

  constructor(
    readonly url: string,
    readonly client: HttpClient,
  ) {}

  async learn(): Promise<void> {
    interface Configuration extends KubernetesObject {
      webhooks?: { clientConfig: { caBundle?: string } }[];
    }
    const { webhooks } = (await this.client.get(ValidatingWebhookConfigurations, {
      name: configurationName,
    })) as Configuration;
    const bundle = Buffer.from(webhooks?.[0]?.clientConfig.caBundle ?? "", "base64").toString();
    if (this.#known.at(-1)?.bundle !== bundle) this.#known.push({ at: performance.now(), bundle });
  }

  async call(object: TaskRun): Promise<void> {
    const learnt = performance.now() - lag;
    const { bundle = "" } = this.#known.findLast(({ at }) => at <= learnt) ?? this.#known[0] ?? {};
    // a new handshake each time
    const agent = new Agent({ connect: { ca: bundle } });
    try {
      const { group, version, kind, plural: resource } = TaskRuns;
      const review = {
        apiVersion: "admission.k8s.io/v1",
        kind: "AdmissionReview",
        request: {
          uid: "a",
          operation: "CREATE",
          dryRun: true,
          kind: { group, version, kind },
          resource: { group, version, resource },
          namespace: object.metadata?.namespace,
          name: object.metadata?.name,
          userInfo: { username: "test" },
          object,
        },
      };
      const answer = await request(`${this.url}${webhookPaths("taskrun").mutate}`, {
        method: "POST",
        dispatcher: agent,
        body: JSON.stringify(review),
        headers: { "content-type": "application/json" },
      });
      const body = (await answer.body.json()) as { response?: { allowed?: boolean } };
      if (body.response?.allowed !== true) throw new Error(`${answer.statusCode}: ${JSON.stringify(body)}`);
    } finally {
      await agent.destroy();
    }
  }
}

/** Repeats an action until stopped, with the given concurrency. */
class Stream {
  calls = 0;
  readonly failures: string[] = [];
  #running = true;
  readonly #workers: Promise<unknown>;

  constructor(workers: number, call: () => Promise<unknown>) {
    const work = async (): Promise<void> => {
      while (this.#running) {
        this.calls++;
        await call().catch((error: unknown) => {
          const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
          this.failures.push(`${String(error)}${cause}`);
        });
      }
    };
    this.#workers = Promise.all(Array.from({ length: workers }, work));
  }

  async end(): Promise<void> {
    this.#running = false;
    await this.#workers;
  }
}

/** The certificate with which a port is served. */
function servedBy(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
      resolve(new X509Certificate(socket.getPeerCertificate().raw).toString());
      socket.end();
    });
    socket.once("error", reject);
  });
}

t.test(
  `no request fails while authorities rotate (${rotations}), both replicas are replaced, and leadership is taken away`,
  async (t) => {
    const cluster = await testCluster(t);
    const client = await adminClient(t, cluster);
    const namespace = await testNamespace(t, client);
    const deployment = new Deployment(t, cluster);
    await deployment.install();
    await Promise.all([deployment.add(), deployment.add()]);

    const late = new LateClient(`https://127.0.0.1:${deployment.balancer.port}`, client);
    await late.learn();
    const throughServer = (): Promise<unknown> => client.create(TaskRuns, taskRun(namespace), { dryRun: true });
    await eventually("the API server calls the webhooks", () => throughServer().then(() => true));
    const streams = {
      "through the API server": new Stream(2, throughServer),
      "straight to the webhooks": new Stream(1, () => late.call(taskRun(namespace))),
      "reading what is to be trusted": new Stream(1, async () => {
        await late.learn();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }),
    };
    const end = (): Promise<unknown> => Promise.all(Object.values(streams).map((stream) => stream.end()));
    t.teardown(end);

    const replaceAll = async (): Promise<void> => {
      for (const former of [...deployment.replicas]) {
        await deployment.add();
        t.equal(await deployment.remove(former, "SIGTERM"), 0);
      }
    };
    const takeLeadership = async (): Promise<void> => {
      const former = await deployment.leader();
      const spec = { holderIdentity: "somebody", leaseDurationSeconds: leaseSeconds };
      const renewTime = formatMicroTime(Date.now());
      await client.patch(Leases, lease, { type: "merge", body: { spec: { ...spec, renewTime } } });
      t.equal(await deployment.remove(former), 3, "it says that it has lost leadership");
      await deployment.add();
      t.not(await deployment.leader(), former);
    };
    let authority: string | undefined;
    for (let round = 0; round < rotations; round++) {
      await client.delete(Secrets, secret);
      // during the rotation
      await (round % 2 === 0 ? replaceAll() : takeLeadership());
      authority = await eventually("all serve what a new authority has signed", async () => {
        const { data } = await client.get(Secrets, secret);
        const current = readBundle(Buffer.from(data?.["ca.crt"] ?? "", "base64").toString())[0]?.toString();
        if (current === undefined || current === authority) return false;
        const served = await Promise.all(deployment.replicas.map(({ webhooks }) => servedBy(webhooks)));
        return served.every((leaf) => isSignedBy(leaf, current)) && current;
      });
    }
    await end();
    for (const [name, { calls, failures }] of Object.entries(streams)) {
      t.comment(`${name}: ${calls}`);
      t.ok(calls > 50, name);
      t.same([...new Set(failures)], [], name);
    }
  },
);
