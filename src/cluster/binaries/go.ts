import { copyFileSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { packageRoot } from "../../version.js";
import { must, run, which } from "../process.js";
import { KUBERNETES_VERSION, kubernetesPrograms, nodePrograms } from "./versions.js";

/** The directory of the Go modules that pin what is built. */
export const toolsDirectory = join(packageRoot, "tools");

export const moduleFiles = (module: "kubernetes" | "kwok"): string[] =>
  (module === "kubernetes" ? ["go.mod", "go.sum", "main.go", "node_linux.go"] : ["go.mod", "go.sum"]).map((file) =>
    join(toolsDirectory, module, file),
  );

const [major, minor] = KUBERNETES_VERSION.slice(1).split(".");
const component = "k8s.io/component-base/version";
const versionFlags = [
  `-X ${component}.gitVersion=${KUBERNETES_VERSION}`,
  `-X ${component}.gitMajor=${major ?? ""}`,
  `-X ${component}.gitMinor=${minor ?? ""}`,
];

export interface BuildOptions {
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal;
}

export async function buildKubernetes(directory: string, options: BuildOptions): Promise<void> {
  options.progress(
    `building Kubernetes ${KUBERNETES_VERSION} from its Go modules, once per user: about 5 minutes and 4 GB of Go caches`,
  );
  await goBuild(
    { directory: join(toolsDirectory, "kubernetes"), output: join(directory, "kubernetes"), ldflags: versionFlags },
    options,
  );
  for (const program of [...kubernetesPrograms, ...(process.platform === "linux" ? nodePrograms : [])])
    symlinkSync("kubernetes", join(directory, program));
}

/** kwok's stages. They are not embedded in the program, and so are copied from its module. */
export const kwokStages = [
  "node/fast/node-initialize.yaml",
  "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
  "pod/fast/pod-ready.yaml",
  "pod/fast/pod-complete.yaml",
  "pod/fast/pod-delete.yaml",
].map((path) => ({ path, name: basename(path) }));

export async function buildKwok(directory: string, options: BuildOptions): Promise<void> {
  options.progress("building kwok from its Go module, once per user: about 1 minute");
  await goBuild(
    { directory: join(toolsDirectory, "kwok"), target: "sigs.k8s.io/kwok/cmd/kwok", output: join(directory, "kwok") },
    options,
  );
  const module = (
    await must([go(), "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok"], {
      cwd: join(toolsDirectory, "kwok"),
      env: goEnvironment(),
    })
  ).trim();
  for (const { path, name } of kwokStages)
    copyFileSync(join(module, "kustomize", "stage", path), join(directory, name));
}

/** The path of the go command; undefined if it is not installed. */
export function findGo(): string | undefined {
  return which("go") ?? which("go", "/usr/local/go/bin");
}

function go(): string {
  const program = findGo();
  if (program === undefined) {
    throw new Error(
      "Go is not installed, and a program must be built once: install Go 1.26 or newer (https://go.dev/dl). For a cluster alone it is " +
        "enough to set KUBEBUILDER_ASSETS to a directory with the programs of Kubernetes " +
        KUBERNETES_VERSION,
    );
  }
  return program;
}

// Static programs run on every distribution and need no C compiler to build.
const goEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  CGO_ENABLED: "0",
  GOWORK: "off",
  GOFLAGS: "-buildvcs=false",
});

interface GoTarget {
  /** The module's directory. */
  readonly directory: string;
  /** The package to build. Default: the module's root package. */
  readonly target?: string;
  /** The file to write. */
  readonly output: string;
  readonly ldflags?: readonly string[];
}

/** Builds one program of a Go module. @throws {Error} with the build's output when it fails. */
export async function goBuild(
  { directory, target = ".", output, ldflags = [] }: GoTarget,
  { progress, signal }: BuildOptions,
): Promise<void> {
  const module = basename(directory);
  const startedAt = Date.now();
  let last = "";
  const tick = setInterval(() => {
    progress(`building ${module}: ${Math.round((Date.now() - startedAt) / 1000)} s${last === "" ? "" : ` (${last})`}`);
  }, 10_000);
  try {
    const result = await run(
      [go(), "build", "-trimpath", "-v", "-ldflags", ["-s -w", ...ldflags].join(" "), "-o", output, target],
      {
        cwd: directory,
        env: goEnvironment(),
        ...(signal === undefined ? {} : { signal }),
        onLine: (line) => (last = line.replace(/^go: /, "").slice(0, 60)),
      },
    );
    signal?.throwIfAborted();
    if (result.code !== 0)
      throw new Error(`go build of ${module} failed (${result.code}):\n${result.output.slice(-3_000)}`);
    progress(`built ${module} in ${Math.round((Date.now() - startedAt) / 1000)} s`);
  } finally {
    clearInterval(tick);
  }
}
