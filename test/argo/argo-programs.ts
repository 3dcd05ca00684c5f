/** The programs of Argo Workflows and its CRDs: built and copied once for a user from the Go module that tools/argo pins. */
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory, cached, sourceHash } from "#src/cluster/binaries/cache.js";
import { findGo, goBuild } from "#src/cluster/binaries/go.js";
import { must } from "#src/cluster/process.js";
import { packageRoot } from "#src/version.js";

/** Why tests with Argo's programs are skipped on this machine; false where they run. */
export const noArgo: string | false = findGo() === undefined ? "Go is not installed" : false;

export interface ArgoPrograms {
  readonly controller: string;
  /** Runs in each pod of a Workflow. */
  readonly executor: string;
  readonly lint: string;
  /** Files of the CRDs. */
  readonly definitions: readonly string[];
}

/** The module that pins Argo Workflows. */
export const argoPinned = join(packageRoot, "tools/argo");
const module = "github.com/argoproj/argo-workflows/v3";
const programs = ["workflow-controller", "argoexec", "lint"] as const;

/** What of the module is not compiled. */
const left = new Set(["docs", "examples", "sdks", "test", "ui", "community", "hack", "manifests"]);

export async function argoPrograms(progress: (line: string) => void): Promise<ArgoPrograms> {
  const entry = join(
    cacheDirectory(),
    `argo-${sourceHash(["go.mod", "go.sum", "main.go"].map((file) => join(argoPinned, file)))}`,
  );
  const made = await cached(entry, (draft) => make(draft, progress), progress);
  const [controller = "", executor = "", lint = ""] = programs.map((name) => join(made, name));
  const definitions = readdirSync(made).filter((name) => name.endsWith(".yaml"));
  return { controller, executor, lint, definitions: definitions.map((name) => join(made, name)) };
}

async function make(draft: string, progress: (line: string) => void): Promise<void> {
  progress("building Argo Workflows from its Go module, once per user: about 8 minutes");
  const go = findGo() ?? "go";
  // go.sum of tools/argo has the checksum of the module
  await must([go, "mod", "download", module], { cwd: argoPinned, env: environment });
  const directory = (
    await must([go, "list", "-m", "-f", "{{.Dir}}", module], { cwd: argoPinned, env: environment })
  ).trim();
  const source = join(draft, "source");
  for (const name of readdirSync(directory).filter((each) => !left.has(each)))
    cpSync(join(directory, name), join(source, name), { recursive: true });
  await must(["chmod", "-R", "u+w", source]);
  const osSpecific = join(source, "workflow/executor/osspecific");
  cpSync(join(osSpecific, "signal_darwin.go"), join(osSpecific, "signal_linux.go"));
  mkdirSync(join(source, "cmd/lint"));
  cpSync(join(argoPinned, "main.go"), join(source, "cmd/lint/main.go"));
  for (const name of programs)
    await goBuild({ directory: source, target: `./cmd/${name}`, output: join(draft, name) }, { progress });
  const definitions = join(directory, "manifests/base/crds/full");
  for (const name of readdirSync(definitions).filter((each) => each.startsWith("argoproj.io_")))
    cpSync(join(definitions, name), join(draft, name));
  rmSync(source, { recursive: true, force: true });
}

const environment = { ...process.env, GOWORK: "off", GOFLAGS: "-mod=mod -buildvcs=false" };
