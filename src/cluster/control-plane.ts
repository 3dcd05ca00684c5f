import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kubeconfig, writeKubeconfig } from "./kubeconfig.js";
import { createPki } from "./pki.js";
import type { Pki } from "./pki.js";

/** A program of the cluster, as the supervisor starts and restarts it. */
export interface ComponentSpec {
  readonly name: string;
  readonly argv: readonly string[];
  readonly port?: number;
  /** Whether it runs in the namespaces of the real node. Default false. */
  readonly inNode?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface ControlPlaneLayout {
  readonly name: string;
  readonly directory: string;
  readonly data: string;
  /** The address at which the API server listens, and at which the host and pods reach it. */
  readonly address: string;
  readonly apiPort: number;
  readonly etcdPort: number;
  readonly nodeName: string;
  readonly nodeAddress?: string;
  readonly audit: boolean;
  readonly apiServerFlags: readonly string[];
  readonly binaries: ReadonlyMap<string, string>;
}

export const SERVICE_CIDR = "10.96.0.0/16";
const FIRST_SERVICE_ADDRESS = "10.96.0.1";

export const serverOf = (layout: Pick<ControlPlaneLayout, "address" | "apiPort">): string =>
  `https://${layout.address}:${layout.apiPort}`;

const clients = ["kube-controller-manager", "kube-scheduler", "kube-proxy"] as const;

/** Writes certificates, kubeconfigs and the audit policy; returns the paths of the certificates. */
export async function writeControlPlaneFiles(layout: ControlPlaneLayout): Promise<Pki> {
  const local = ["127.0.0.1", "::1", "localhost"];
  const pki = await createPki(join(layout.directory, "pki"), [
    {
      file: "kube-apiserver",
      commonName: "kube-apiserver",
      hosts: [
        ...new Set([
          ...local,
          layout.address,
          FIRST_SERVICE_ADDRESS,
          "kubernetes",
          "kubernetes.default",
          "kubernetes.default.svc",
          "kubernetes.default.svc.cluster.local",
        ]),
      ],
    },
    { file: "etcd", authority: "etcd-ca", commonName: "etcd", hosts: local },
    { file: "etcd-client", authority: "etcd-ca", commonName: "kube-apiserver-etcd-client" },
    { file: "admin", commonName: "kubernetes-admin", organization: "system:masters" },
    { file: "kubelet-client", commonName: "kube-apiserver-kubelet-client", organization: "system:masters" },
    { file: "front-proxy", authority: "front-proxy-ca", commonName: "front-proxy-client" },
    { file: "kubelet", commonName: `system:node:${layout.nodeName}`, organization: "system:nodes" },
    {
      file: "kubelet-server",
      commonName: `system:node:${layout.nodeName}`,
      organization: "system:nodes",
      hosts: [layout.nodeName, layout.nodeAddress ?? "127.0.0.1"],
    },
    ...clients.map((client) => ({ file: client, commonName: `system:${client}` })),
  ]);

  for (const user of ["admin", "kubelet", ...clients]) {
    const credentials = { certificate: pki.certificate(user), key: pki.key(user) };
    const content = kubeconfig({ cluster: layout.name, server: serverOf(layout), caFile: pki.ca, credentials });
    writeKubeconfig(
      user === "admin" ? join(layout.directory, "kubeconfig") : join(pki.directory, `${user}.kubeconfig`),
      content,
    );
  }
  // Metadata only, without bodies: cheap enough to be always on, and tests count writes with it.
  writeFileSync(
    join(layout.directory, "audit-policy.yaml"),
    "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n  - level: Metadata\n",
  );
  mkdirSync(join(layout.directory, "logs"), { recursive: true, mode: 0o700 });
  return pki;
}

/** etcd as a scratch database: without fsync, and protected from other users of the machine by client certificates. */
export function etcd(layout: ControlPlaneLayout, pki: Pki): ComponentSpec {
  const url = `https://127.0.0.1:${layout.etcdPort}`;
  return {
    name: "etcd",
    port: layout.etcdPort,
    argv: [
      program(layout, "etcd"),
      "--name=default",
      `--data-dir=${join(layout.data, "etcd")}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      "--listen-peer-urls=http://127.0.0.1:0",
      "--client-cert-auth",
      `--trusted-ca-file=${pki.etcdCa}`,
      `--cert-file=${pki.certificate("etcd")}`,
      `--key-file=${pki.key("etcd")}`,
      "--unsafe-no-fsync",
      "--log-level=warn",
    ],
  };
}

export function kubeApiServer(layout: ControlPlaneLayout, pki: Pki): ComponentSpec {
  const hasNode = layout.nodeAddress !== undefined;
  return {
    name: "kube-apiserver",
    port: layout.apiPort,
    argv: [
      program(layout, "kube-apiserver"),
      `--bind-address=${layout.address}`,
      `--advertise-address=${layout.address}`,
      `--secure-port=${layout.apiPort}`,
      `--cert-dir=${join(layout.data, "apiserver")}`,
      `--tls-cert-file=${pki.certificate("kube-apiserver")}`,
      `--tls-private-key-file=${pki.key("kube-apiserver")}`,
      `--client-ca-file=${pki.clientCa}`,
      `--etcd-servers=https://127.0.0.1:${layout.etcdPort}`,
      `--etcd-cafile=${pki.etcdCa}`,
      `--etcd-certfile=${pki.certificate("etcd-client")}`,
      `--etcd-keyfile=${pki.key("etcd-client")}`,
      "--authorization-mode=Node,RBAC",
      "--enable-admission-plugins=NodeRestriction",
      "--allow-privileged",
      `--service-cluster-ip-range=${SERVICE_CIDR}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${pki.serviceAccountPublicKey}`,
      `--service-account-signing-key-file=${pki.serviceAccountKey}`,
      `--requestheader-client-ca-file=${pki.frontProxyCa}`,
      "--requestheader-allowed-names=front-proxy-client",
      "--requestheader-extra-headers-prefix=X-Remote-Extra-",
      "--requestheader-group-headers=X-Remote-Group",
      "--requestheader-username-headers=X-Remote-User",
      `--proxy-client-cert-file=${pki.certificate("front-proxy")}`,
      `--proxy-client-key-file=${pki.key("front-proxy")}`,
      "--kubelet-preferred-address-types=InternalIP",
      `--kubelet-certificate-authority=${pki.ca}`,
      `--kubelet-client-certificate=${pki.certificate("kubelet-client")}`,
      `--kubelet-client-key=${pki.key("kubelet-client")}`,
      // The API server runs outside the node, without kube-proxy: it calls webhooks and aggregated APIs behind Services
      // at the addresses of their pods, to which the host has a route.
      "--enable-aggregator-routing=true",
      ...(hasNode ? [] : ["--endpoint-reconciler-type=none"]),
      ...(layout.audit
        ? [
            `--audit-policy-file=${join(layout.directory, "audit-policy.yaml")}`,
            `--audit-log-path=${auditLog(layout.directory)}`,
            "--audit-log-maxsize=200",
            "--audit-log-maxbackup=1",
          ]
        : []),
      ...layout.apiServerFlags,
    ],
  };
}

export function kubeControllerManager(layout: ControlPlaneLayout, pki: Pki): ComponentSpec {
  return {
    name: "kube-controller-manager",
    argv: [
      program(layout, "kube-controller-manager"),
      `--kubeconfig=${join(pki.directory, "kube-controller-manager.kubeconfig")}`,
      "--leader-elect=false",
      "--secure-port=0",
      "--use-service-account-credentials",
      `--root-ca-file=${pki.ca}`,
      `--service-account-private-key-file=${pki.serviceAccountKey}`,
      ...["kube-apiserver-client", "kubelet-client"].flatMap((signer) => [
        `--cluster-signing-${signer}-cert-file=${pki.clientCa}`,
        `--cluster-signing-${signer}-key-file=${pki.clientCaKey}`,
      ]),
      `--cluster-signing-kubelet-serving-cert-file=${pki.ca}`,
      `--cluster-signing-kubelet-serving-key-file=${pki.caKey}`,
      // The default of 20 per second protects a shared API server, and would dominate benchmarks here.
      "--kube-api-qps=200",
      "--kube-api-burst=400",
    ],
  };
}

export function kubeScheduler(layout: ControlPlaneLayout, pki: Pki): ComponentSpec {
  return {
    name: "kube-scheduler",
    argv: [
      program(layout, "kube-scheduler"),
      `--kubeconfig=${join(pki.directory, "kube-scheduler.kubeconfig")}`,
      "--leader-elect=false",
      "--secure-port=0",
      "--kube-api-qps=200",
      "--kube-api-burst=400",
    ],
  };
}

export const auditLog = (directory: string): string => join(directory, "audit.log");

function program(layout: ControlPlaneLayout, name: string): string {
  const file = layout.binaries.get(name);
  if (file === undefined) throw new Error(`${name} was neither found nor built`);
  return file;
}
