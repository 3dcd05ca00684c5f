/** The versions of the local cluster's programs. Change go.mod in tools/ with them: a test compares them. */
export const KUBERNETES_VERSION = "v1.36.3";
export const KWOK_VERSION = "v0.8.0";

export const kubernetesPrograms = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
] as const;
/** Built on Linux only. */
export const nodePrograms = ["kubelet", "kube-proxy"] as const;
export type Program = (typeof kubernetesPrograms)[number] | (typeof nodePrograms)[number] | "kwok";

const minorOf = (version: string): number => Number(version.split(".")[1]);
const minor = minorOf(KUBERNETES_VERSION);

/**
 * Whether an installed program with this version output is supported: components of the same minor version, a kubectl
 * within one minor version (the version skew policy of Kubernetes), an etcd that Kubernetes 1.36 is tested with.
 */
export function isSupported(program: Program, versionOutput: string): boolean {
  const [, found] = /\bv?(\d+\.\d+\.\d+)/.exec(versionOutput) ?? [];
  if (found === undefined) return false;
  switch (program) {
    case "etcd":
      return found.startsWith("3.6.") || found.startsWith("3.7.");
    case "kwok":
      return found === KWOK_VERSION.slice(1);
    case "kubectl":
      return found.startsWith("1.") && Math.abs(minorOf(found) - minor) <= 1;
    default:
      return found.startsWith("1.") && minorOf(found) === minor;
  }
}

/** The arguments with which a program prints its version. */
export const versionArguments = (program: Program): readonly string[] =>
  program === "kubectl" ? ["version", "--client"] : ["--version"];
