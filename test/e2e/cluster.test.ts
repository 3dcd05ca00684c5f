import { mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import t from "tap";
import type { Test } from "tap";
import { BUSYBOX_IMAGE, DEMO_AGENT_IMAGE, demoAgentImage, nodeImage } from "#src/cluster/index.js";
import type { Cluster, ClusterOptions } from "#src/cluster/index.js";
import { loadImage } from "#src/cluster/load-image.js";
import { missingPackages } from "#src/cluster/node/packages.js";
import { whyNoRealNode } from "#src/cluster/node/real.js";
import { diesWithParent, identify, isAlive, must, run, signal, start } from "#src/cluster/process.js";
import type { ProcessIdentity } from "#src/cluster/process.js";
import { createPki } from "#src/cluster/pki.js";
import { eventually } from "../eventually.js";
import { apply, kubectl, leftovers, scratch, testCluster } from "../cluster/local-cluster.js";

const reason =
  (await whyNoRealNode()) ??
  (missingPackages().length > 0 ? `not installed: ${missingPackages().join(", ")}` : undefined);
const skip = reason ?? false;

const job = `
apiVersion: v1
kind: ConfigMap
metadata: { name: files }
data:
  CLAUDE.md: "- Task: @.task/t1/run-1/task.md\\n"
  task.md: "Say hello"
  prompt.md: "Say it well"
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: workspace }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
---
apiVersion: batch/v1
kind: Job
metadata: { name: agent }
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      securityContext: { runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000, seccompProfile: { type: RuntimeDefault } }
      initContainers:
        - name: prepare
          image: ${BUSYBOX_IMAGE}
          command: [sh, -c, "mkdir -p /workspace/svc/.task/t1/run-1 && cp /files/CLAUDE.md /workspace/svc/ && cp /files/task.md /files/prompt.md /workspace/svc/.task/t1/run-1/"]
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] }, readOnlyRootFilesystem: true }
          volumeMounts: [{ name: workspace, mountPath: /workspace }, { name: files, mountPath: /files }]
      containers:
        - name: agent
          image: ${DEMO_AGENT_IMAGE}
          imagePullPolicy: IfNotPresent
          command: [claude]
          args: [-p, --output-format, stream-json]
          workingDir: /workspace/svc
          env: [{ name: TASK_ID, value: t1 }, { name: RUN_NUMBER, value: "1" }, { name: SERVICE_NAME, value: svc }, { name: ANTHROPIC_API_KEY, value: very-secret }]
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] }, readOnlyRootFilesystem: true }
          volumeMounts: [{ name: workspace, mountPath: /workspace }]
      volumes:
        - { name: workspace, persistentVolumeClaim: { claimName: workspace } }
        - { name: files, configMap: { name: files } }
`;

/** A volume that claims to come from the cluster's provisioner, but is not named as one of its own. */
const volumeOfSomebody = (path: string): string => `
apiVersion: v1
kind: PersistentVolume
metadata: { name: of-somebody, annotations: { pv.kubernetes.io/provisioned-by: agent-orchestrator.io/local-volumes } }
spec:
  capacity: { storage: 1Gi }
  accessModes: [ReadWriteOnce]
  storageClassName: elsewhere
  persistentVolumeReclaimPolicy: Retain
  claimRef: { namespace: default, name: gone, uid: 3e0d6d0d-8f2c-4f0c-9d52-8f2c0c1e6f1b }
  local: { path: ${path} }
  nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: kubernetes.io/hostname, operator: Exists }] }] } }
`;

const service = `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  containers:
    - name: web
      image: ${BUSYBOX_IMAGE}
      command: [sh, -c, "mkdir -p /tmp/www && echo it works > /tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www"]
      readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { clusterIP: 10.96.77.77, selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
`;

void t.test("on a real node", { skip, timeout: 300_000 }, async (t) => {
  const cluster = await testCluster(t, { node: "real" });
  const image = join(scratch(t), "demo-agent.tar");
  await demoAgentImage(image);
  writeFileSync(`${image}.gz`, gzipSync(readFileSync(image)));
  t.same(await loadImage(cluster, `${image}.gz`), [DEMO_AGENT_IMAGE], "a gzipped archive is loaded, too");

  await t.test("a Job with an init container, a claimed volume and no privileges completes", async (t) => {
    await apply(cluster, job);
    await kubectl(cluster, "wait", "--for=condition=complete", "job/agent", "--timeout=60s");
    const logs = await kubectl(cluster, "logs", "job/agent");
    t.match(logs, /read \.task\/t1\/run-1\/task\.md: 9 bytes: Say hello/, "kubectl logs reaches the kubelet");
    t.notMatch(logs, /very-secret/, "the key is never printed");
    const message = await kubectl(
      cluster,
      "get",
      "pods",
      "--selector=job-name=agent",
      "--output=jsonpath={.items[0].status.containerStatuses[0].state.terminated.message}",
    );
    t.match(JSON.parse(message), { summary: /wrote RESULT-t1\.md/, sessionId: "demo-t1-1" });
    const volumes = join(cluster.state().data, "volumes");
    const [volume = ""] = readdirSync(volumes);
    t.match(readFileSync(join(volumes, volume, "svc", "RESULT-t1.md"), "utf8"), /# Task t1, run 1/);
  });

  await t.test("deleting a claim removes its volume and the directory, and nobody else's", async (t) => {
    const volumes = join(cluster.state().data, "volumes");
    mkdirSync(join(volumes, "of-somebody"));
    await apply(cluster, volumeOfSomebody(join(volumes, "of-somebody")));
    await kubectl(cluster, "wait", "--for=jsonpath={.status.phase}=Released", "pv/of-somebody", "--timeout=60s");
    await kubectl(cluster, "delete", "job/agent", "pvc/workspace", "--wait=true");
    await eventually("the volume is gone", async () =>
      (await kubectl(cluster, "get", "pv", "--output=name")).trim() === "persistentvolume/of-somebody"
        ? true
        : undefined,
    );
    t.same(readdirSync(volumes), ["of-somebody"]);
    await kubectl(cluster, "delete", "pv/of-somebody");
    rmdirSync(join(volumes, "of-somebody"));
  });

  await t.test("pods reach each other's Services and the API server, and kubectl exec works", async (t) => {
    await apply(cluster, service);
    await kubectl(cluster, "wait", "--for=condition=ready", "pod/web", "--timeout=60s");
    const answer = await eventually("the Service answers", () =>
      kubectl(cluster, "exec", "web", "--", "timeout", "2", "wget", "-q", "-O", "-", "http://10.96.77.77/").catch(
        () => undefined,
      ),
    );
    t.equal(answer, "it works\n");
    const token = "/var/run/secrets/kubernetes.io/serviceaccount/token";
    const api = await kubectl(
      cluster,
      "exec",
      "web",
      "--",
      "sh",
      "-c",
      `test -s ${token} && nc -w 2 10.96.0.1 443 < /dev/null && echo reached`,
    );
    t.equal(api, "reached\n");
  });

  await t.test("the API server calls a webhook that is a Service of pods, and one on the host", async (t) => {
    const cases = [
      // the pod does not serve TLS: the API server's error about that shows that it reached the pod
      {
        name: "in-pods",
        client: { service: { name: "web", namespace: "default", path: "/", port: 80 } },
        refusal: /server gave HTTP response to HTTPS client|does not look like a TLS handshake/,
      },
      { name: "on-host", client: await refusingWebhook(t, cluster.hostAddress), refusal: /the host was asked/ },
    ];
    for (const { name, client, refusal } of cases) {
      await apply(
        cluster,
        JSON.stringify({
          apiVersion: "admissionregistration.k8s.io/v1",
          kind: "ValidatingWebhookConfiguration",
          metadata: { name },
          webhooks: [
            {
              name: `${name}.example.com`,
              admissionReviewVersions: ["v1"],
              sideEffects: "None",
              timeoutSeconds: 5,
              clientConfig: client,
              rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }],
            },
          ],
        }),
      );
      const said = await eventually("the webhook is called", () =>
        kubectl(cluster, "create", "configmap", `through-${name}`, "--dry-run=server").then(
          () => undefined,
          (error: unknown) => String(error),
        ),
      );
      t.match(said, refusal);
      await kubectl(cluster, "delete", "validatingwebhookconfiguration", name);
    }
  });

  await t.test("pods keep running while the kubelet and the container runtime restart", async (t) => {
    const started = await kubectl(
      cluster,
      "get",
      "pod",
      "web",
      "--output=jsonpath={.status.containerStatuses[0].containerID}",
    );
    for (const component of ["containerd", "kubelet", "kube-proxy"]) await cluster.restartComponent(component);
    await eventually("kubectl exec works again", () =>
      kubectl(cluster, "exec", "web", "--", "echo", "here").catch(() => undefined),
    );
    t.equal(
      await kubectl(cluster, "get", "pod", "web", "--output=jsonpath={.status.containerStatuses[0].containerID}"),
      started,
    );
    await t.rejects(cluster.restartComponent("node"), /cannot be restarted/);
  });

  await t.test("an image of this node runs a program that uses its ServiceAccount", async (t) => {
    const archive = join(scratch(t), "node.tar");
    const name = "localhost/agent-orchestrator/test-node:latest";
    const program = `
      import { readFileSync } from "node:fs";
      import { get } from "node:https";
      const account = "/var/run/secrets/kubernetes.io/serviceaccount/";
      const options = { ca: readFileSync(account + "ca.crt"), headers: { authorization: "Bearer " + readFileSync(account + "token", "utf8") } };
      get("https://10.96.0.1/apis", options, (answer) => { console.log(process.getuid(), answer.statusCode); answer.destroy(); });`;
    await nodeImage(archive, {
      name,
      files: { "/app/main.mjs": { type: "file", content: program } },
      entrypoint: ["/app/main.mjs"],
    });
    await cluster.loadImage(archive);
    await kubectl(cluster, "create", "job", "node", `--image=${name}`, "--dry-run=client", "--output=yaml").then(
      (job) => apply(cluster, job.replace(/image: .*/, `$&\n        imagePullPolicy: Never`)),
    );
    await kubectl(cluster, "wait", "--for=condition=complete", "job/node", "--timeout=60s");
    t.equal(await kubectl(cluster, "logs", "job/node"), "65532 200\n");
  });

  await t.test("two real nodes run side by side, and stopping them leaves nothing behind", async (t) => {
    const other = await testCluster(t, { node: "real" });
    t.not(other.state().network?.link, cluster.state().network?.link);
    const states = [other.state(), cluster.state()];
    await other.stop();
    await kubectl(cluster, "exec", "web", "--", "true");
    await cluster.stop();
    t.same(states.flatMap(leftovers), []);
  });
});

void t.test(
  "with the option for it, pods reach what this machine reaches, and stopping leaves nothing behind",
  { skip: skip || (missingPackages({ internet: true }).length > 0 && "not installed: slirp4netns"), timeout: 120_000 },
  async (t) => {
    const url = await elsewhere(t);
    const begun = async (options: ClusterOptions): Promise<Cluster> => {
      const cluster = await testCluster(t, { node: "real", ...options });
      await apply(cluster, service);
      await kubectl(cluster, "wait", "--for=condition=ready", "pod/web", "--timeout=60s");
      return cluster;
    };
    const [cluster, inside] = await Promise.all([begun({ internet: true }), begun({})]);
    const inPod = (one: Cluster, ...command: string[]): Promise<string> =>
      kubectl(one, "exec", "web", "--", ...command);
    t.equal(await inPod(cluster, "timeout", "10", "wget", "-q", "-O", "-", url), "far away\n");
    await t.rejects(inPod(inside, "timeout", "3", "wget", "-q", "-O", "-", url));
    t.match(await inPod(cluster, "cat", "/etc/resolv.conf"), /^nameserver 198\.18\.255\.3$/m);
    const token = "/var/run/secrets/kubernetes.io/serviceaccount/token";
    const still = `test -s ${token} && nc -w 2 10.96.0.1 443 < /dev/null && wget -q -O - http://10.96.77.77/`;
    t.equal(await inPod(cluster, "timeout", "10", "sh", "-c", still), "it works\n", "Services are reached as before");
    const mine = await listeningHere(t);
    await t.rejects(
      inPod(cluster, "timeout", "3", "wget", "-q", "-O", "-", mine),
      "not what listens on loopback alone",
    );
    const state = cluster.state();
    await cluster.stop();
    t.same(leftovers(state), []);
    await t.rejects(testCluster(t, { node: "simulated", internet: true }), /--internet needs --node real/);
  },
);

void t.test(
  "a real node whose supervisor is killed leaves nothing behind, not even pods",
  { skip, timeout: 120_000 },
  async (t) => {
    const cluster = await testCluster(t, { node: "real" });
    await apply(cluster, service);
    await kubectl(cluster, "wait", "--for=condition=ready", "pod/web", "--timeout=60s");
    const state = cluster.state();
    const inPods = podProcesses(state.id);
    t.ok(inPods.length > 0);
    signal(state.supervisor, "SIGKILL");
    await eventually(`nothing is left: ${leftovers(state).join(", ")}`, () =>
      leftovers(state).length === 0 ? true : undefined,
    );
    t.same(inPods.filter(isAlive), []);
  },
);

/** Starts a web server on another host, a network namespace with a link to this one, and returns its URL. */
async function elsewhere(t: Test): Promise<string> {
  const name = `ao-test-${process.pid}`;
  const web = scratch(t);
  writeFileSync(join(web, "index.html"), "far away\n");
  await must(["ip", "netns", "add", name]);
  t.teardown(() => run(["ip", "netns", "delete", name])); // and with it the link
  const link = `ao-${process.pid}`;
  await must(["ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name]);
  await must(["ip", "address", "add", "198.51.100.1/30", "dev", link]);
  await must(["ip", "link", "set", link, "up"]);
  await must(["ip", "-n", name, "address", "add", "198.51.100.2/30", "dev", "eth0"]);
  await must(["ip", "-n", name, "link", "set", "eth0", "up"]);
  const server = start(
    diesWithParent(["ip", "netns", "exec", name, "busybox", "httpd", "-f", "-p", "198.51.100.2:80", "-h", web]),
    { stdio: "ignore" },
  );
  t.teardown(() => server.kill("SIGKILL"));
  return "http://198.51.100.2/";
}

/** Starts a web server on loopback, and returns its URL with the address at which slirp4netns exposes the host. */
async function listeningHere(t: Test): Promise<string> {
  const server = createHttpServer((_request, response) => response.end("mine"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  return `http://198.18.255.2:${(server.address() as AddressInfo).port}/`;
}

/** The processes in the cgroups of a cluster's pods. */
function podProcesses(id: string): ProcessIdentity[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return readFileSync(`/proc/${name}/cgroup`, "utf8").includes(id) ? (identify(Number(name)) ?? []) : [];
      } catch {
        return []; // ended meanwhile
      }
    });
}

/** A webhook on the host that denies everything, and its client configuration. */
async function refusingWebhook(t: Test, address: string): Promise<{ url: string; caBundle: string }> {
  const pki = await createPki(scratch(t), [{ file: "webhook", commonName: "webhook", hosts: [address] }]);
  const server = createServer(
    { key: readFileSync(pki.key("webhook")), cert: readFileSync(pki.certificate("webhook")) },
    (request, response) => {
      void text(request).then((body) => {
        const { request: review } = JSON.parse(body) as { request: { uid: string } };
        const answer = { uid: review.uid, allowed: false, status: { message: "the host was asked" } };
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: answer }));
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const at = server.address();
  const port = typeof at === "object" && at !== null ? at.port : 0;
  return { url: `https://${address}:${port}/`, caBundle: readFileSync(pki.ca).toString("base64") };
}
