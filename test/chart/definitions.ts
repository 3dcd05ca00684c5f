/** CustomResourceDefinitions of other projects, whose kinds the chart and the samples use: read from their Go modules. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Cluster } from "#src/cluster/index.js";
import { kubectl } from "#src/cluster/install.js";
import { packageRoot } from "#src/version.js";
import { argoPinned } from "../argo/argo-programs.js";
import { findGo } from "#src/cluster/binaries/go.js";

/** By module: the folder of its definitions, and those that are wanted. */
const wanted: Readonly<Record<string, readonly [folder: string, ...names: string[]]>> = {
  "github.com/prometheus-operator/prometheus-operator": [
    "example/prometheus-operator-crd/monitoring.coreos.com",
    ...["servicemonitors", "podmonitors", "prometheusrules"],
  ],
  "sigs.k8s.io/gateway-api": ["config/crd/standard/gateway.networking.k8s.io", "httproutes", "gateways"],
  "github.com/argoproj/argo-workflows/v3": ["manifests/base/crds/full/argoproj.io", "workflowtemplates"],
  "github.com/external-secrets/external-secrets": [
    "config/crds/bases/external-secrets.io",
    ...["externalsecrets", "secretstores", "clustersecretstores"],
  ],
};

/** Modules that another folder than tools/definitions pins. */
const pinnedElsewhere: Readonly<Record<string, string>> = {
  "github.com/argoproj/argo-workflows/v3": argoPinned,
  "github.com/argoproj/argo-events": join(packageRoot, "tools/argo-events"),
};

/** The versions that go.mod pins; Go compares their hashes with go.sum. */
async function directoryOf(module: string): Promise<string> {
  const { stdout } = await promisify(execFile)(findGo() ?? "go", ["mod", "download", "-json", module], {
    cwd: pinnedElsewhere[module] ?? join(packageRoot, "tools/definitions"),
    env: { ...process.env, GOWORK: "off", GOFLAGS: "-mod=mod" },
  });
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}

/** The kinds of Argo Events. */
export const argoEvents = {
  "github.com/argoproj/argo-events": ["manifests/base/crds/argoproj.io", "eventsources", "sensors"],
} as const;

/** Installs definitions, and waits until they are served. */
export async function installDefinitions(
  cluster: Cluster,
  definitions: Readonly<Record<string, readonly [folder: string, ...names: string[]]>> = wanted,
): Promise<void> {
  const files: string[] = [];
  for (const [module, [folder, ...names]] of Object.entries(definitions)) {
    const directory = await directoryOf(module);
    for (const name of names) files.push(join(directory, `${folder}_${name}.yaml`));
  }
  const list = files.flatMap((file) => ["-f", file]);
  // larger than the annotation of a client-side apply may be
  await kubectl(cluster, ["apply", "--server-side", ...list]);
  await kubectl(cluster, ["wait", "--for=condition=Established", "--timeout=60s", ...list]);
}
