import { existsSync, readFileSync } from "node:fs";
import { SYSTEM_PATH, run, which } from "../process.js";
import { cniPlugins } from "./real.js";

interface Requirement {
  readonly package: string;
  readonly isMet: () => boolean;
}

const program = (name: string) => (): boolean => which(name, SYSTEM_PATH) !== undefined;

/** What a real node uses from the distribution, by Debian package. */
const requirements: readonly Requirement[] = [
  { package: "containerd", isMet: program("containerd") },
  { package: "runc", isMet: program("runc") },
  { package: "containernetworking-plugins", isMet: () => cniPlugins() !== undefined },
  { package: "iptables", isMet: program("iptables") },
  { package: "conntrack", isMet: program("conntrack") },
  { package: "iproute2", isMet: program("ip") },
  { package: "busybox-static", isMet: program("busybox") },
];

const forInternet: readonly Requirement[] = [{ package: "slirp4netns", isMet: program("slirp4netns") }];

/** The packages for a real node that are missing on this machine. */
export const missingPackages = ({ internet = false } = {}): string[] =>
  [...requirements, ...(internet ? forInternet : [])]
    .filter(({ isMet }) => !isMet())
    .map((requirement) => requirement.package);

/** Whether this process runs as root on Debian or a derivative, and so can install packages. */
export function canInstall(): boolean {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return (
    process.getuid?.() === 0 &&
    /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(release) &&
    which("apt-get", SYSTEM_PATH) !== undefined
  );
}

/** Installs packages, after reporting which. @throws Error with apt-get's output. */
export async function installPackages(
  packages: readonly string[],
  progress: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  progress(`installing Debian packages for a real node: ${packages.join(" ")} (disable with --no-install)`);
  const apt = (...args: string[]): ReturnType<typeof run> =>
    run(["apt-get", ...args], {
      env: { ...process.env, PATH: SYSTEM_PATH, DEBIAN_FRONTEND: "noninteractive" },
      ...(signal === undefined ? {} : { signal }),
      onLine: (line) => {
        if (/^(Get:|Setting up|Unpacking)/.test(line)) progress(`apt-get: ${line.slice(0, 100)}`);
      },
    });
  const install = ["install", "--yes", "--no-install-recommends", ...packages];
  let result = await apt(...install);
  if (result.code !== 0) {
    progress("running apt-get update, because the packages were not found");
    await apt("update");
    result = await apt(...install);
  }
  signal?.throwIfAborted();
  if (result.code !== 0)
    throw new Error(`apt-get install ${packages.join(" ")} failed:\n${result.output.trim().slice(-1_500)}`);
}
