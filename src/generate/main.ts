/**
 * Writes every generated file of the repository, or with `--check` only reports those that differ from what their sources
 * give: `node dist/generate/main.js [--check]`. Exits with 1 if `--check` finds drift.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chartFiles } from "./chart.js";
import { chartValuesFiles } from "./chart-values.js";
import { commandLineFile } from "./command-line.js";
import { configurationFiles } from "./configuration.js";
import { crdFile } from "./crd.js";
import { dashboardFiles } from "./dashboards.js";
import { exitCodesFile } from "./exit-codes.js";
import { manPageFile } from "./man-page.js";
import { argoPermissions } from "../argo/rbac.js";
import { operatorPermissions, rbacFiles } from "./rbac.js";
import { queuePermissions } from "../runs/rbac.js";
import { metricsFile } from "./metrics.js";
import { operatorPolicyFile } from "./operator-policy.js";
import { prometheusRuleFile } from "./prometheus-rule.js";
import { reasonsFile } from "./reasons.js";
import { restFiles } from "./rest.js";
import { webhookFiles } from "./webhooks.js";
import { referencePage } from "./reference.js";
import { runtimeReference } from "./runtime.js";
import { schemaModule } from "./schema-module.js";
import { readKind } from "./source.js";
import { typesFile } from "./types.js";

const kinds = ["taskrun", "coderun", "docsrun", "budget", "delivery", "schedule"];

/** The expected content of each generated file, by path from the root; without the runtime's reference, which is slow. */
export async function generatedFiles(root: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const name of kinds) {
    const source = `schemas/${name}.yaml`;
    const kind = readKind(join(root, source));
    files.set(`crds/${kind.names.plural}.${kind.group}.yaml`, crdFile(kind, source));
    files.set(`src/api/generated/${name}.ts`, await typesFile(kind, source));
    files.set(`src/api/generated/${name}.schema.ts`, schemaModule(kind, source));
    files.set(`docs/reference/${name}.md`, referencePage(kind, source));
  }
  const configuration = await configurationFiles(join(root, "schemas/configuration.yaml"));
  for (const [path, text] of [
    ...[
      ...configuration,
      ...(await restFiles(join(root, "schemas/rest.yaml"))),
      ...webhookFiles(),
      ...rbacFiles(),
      ...dashboardFiles(),
    ],
    ...[
      operatorPolicyFile([...operatorPermissions, ...argoPermissions, ...queuePermissions]),
      await commandLineFile(),
      await manPageFile(),
      exitCodesFile(),
      reasonsFile(),
    ],
    prometheusRuleFile(root),
    metricsFile(root),
  ])
    files.set(path, text);
  for (const [path, text] of [...chartFiles(root, files), ...chartValuesFiles(root)]) files.set(path, text);
  return files;
}

/** The generated files that are missing or differ from what their sources give. */
export function drifted(root: string, files: ReadonlyMap<string, string>): string[] {
  return [...files].filter(([path, text]) => contentOf(join(root, path)) !== text).map(([path]) => path);
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function main(root: string, check: boolean): Promise<number> {
  const files = new Map(await generatedFiles(root));
  files.set("docs/reference/runtime/README.md", await runtimeReference(root));
  const stale = drifted(root, files);
  if (check) {
    for (const path of stale) console.error(`${path}: differs from what its source gives; run \`npm run generate\``);
    return stale.length === 0 ? 0 : 1;
  }
  for (const path of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), files.get(path) ?? "");
    console.log(`wrote ${path}`);
  }
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = await main(join(import.meta.dirname, "../.."), process.argv.includes("--check"));
