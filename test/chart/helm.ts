/** The real Helm, built once for a user from the Go module that pins it. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findGo } from "#src/cluster/binaries/go.js";
import { packageRoot } from "#src/version.js";
import { goProgram } from "../go-program.js";

/** The folder of the chart. */
export const chart = join(packageRoot, "config/chart");

/** Why tests with Helm are skipped on this machine; false where they run. */
export const noHelm: string | false = findGo() === undefined ? "Go is not installed" : false;

export interface HelmResult {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Helm with folders of its own, so that nobody's repositories and plug-ins matter. */
export class Helm {
  private constructor(
    private readonly program: string,
    private readonly home: string,
    private readonly kubeconfig: string | undefined,
  ) {}

  /** @param kubeconfig of the cluster it talks to; without one it only renders */
  static async build(progress: (line: string) => void, kubeconfig?: string): Promise<Helm> {
    const program = await goProgram("tools/helm", progress, "helm.sh/helm/v3/cmd/helm");
    return new Helm(program, mkdtempSync(join(tmpdir(), "helm-")), kubeconfig);
  }

  /** Where the program is, by the name `helm`. */
  get directory(): string {
    return dirname(this.program);
  }

  /** The same program for another user of a cluster. */
  as(kubeconfig: string): Helm {
    return new Helm(this.program, this.home, kubeconfig);
  }

  /** Runs Helm to its end, whatever its exit code. */
  async try(args: readonly string[], input = ""): Promise<HelmResult> {
    const child = spawn(this.program, args, {
      env: {
        PATH: process.env.PATH,
        HOME: this.home,
        KUBECONFIG: this.kubeconfig ?? "/nonexistent",
      },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
    child.stdin.on("error", () => undefined); // it exited without reading
    child.stdin.end(input);
    const code = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (status) => resolve(status ?? -1));
    });
    return { code, output: Buffer.concat(output).toString("utf8"), errors: Buffer.concat(errors).toString("utf8") };
  }

  /** Runs Helm and returns its output. @throws Error with what it reports where it fails. */
  async run(args: readonly string[], input = ""): Promise<string> {
    const { code, output, errors } = await this.try(args, input);
    if (code !== 0) throw new Error(`helm ${args.join(" ")}: ${errors.trim()}`);
    return output;
  }

  /** Removes its folders. */
  close(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}
