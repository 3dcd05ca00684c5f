/** The processes that every user of this machine can see, including those in pods. */
import { readdirSync, readFileSync } from "node:fs";

interface HostProcess {
  readonly pid: number;
  /** Separated by NUL. */
  readonly commandLine: string;
}

export function hostProcesses(): HostProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), commandLine: read(name, "cmdline") }));
}

/** The first process of a pod's container whose command line has these words. */
export function containerProcess(podUID: string, words: string): number | undefined {
  return hostProcesses().find(
    ({ pid, commandLine }) =>
      commandLine.includes(words) &&
      read(String(pid), "cgroup").includes(podUID) &&
      /^NSpid:.*\t1$/m.test(read(String(pid), "status")),
  )?.pid;
}

/** Empty if the process has ended. */
function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}
