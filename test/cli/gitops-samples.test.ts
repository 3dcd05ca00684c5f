/** The samples for Argo CD and Flux fit the kinds that they are about. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { parseAllDocuments } from "yaml";
import { outcomeOf } from "./command-line.js";
import { coderunSchema } from "#src/api/generated/coderun.schema.js";
import { docsrunSchema } from "#src/api/generated/docsrun.schema.js";
import { taskrunSchema } from "#src/api/generated/taskrun.schema.js";
import { phases } from "#src/api/phase.js";
import { validateCommand } from "#src/cli/validate.js";
import { packageRoot } from "#src/version.js";

const folder = join(packageRoot, "config/samples/gitops");
const read = (file: string): unknown[] =>
  parseAllDocuments(readFileSync(join(folder, file), "utf8")).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS() as unknown;
  });

t.test("the runs are valid, without a warning, and in order", async (t) => {
  const { code, out } = await outcomeOf(validateCommand, ["--strict", "-f", join(folder, "runs.yaml")]);
  t.same({ code, out }, { code: 0, out: "" });
  const [first, second] = read("runs.yaml") as { metadata: { name: string }; spec: { dependsOn?: string[] } }[];
  t.same(second?.spec.dependsOn, [first?.metadata.name]);
});

t.test("the health checks of Argo CD exist for each kind, and read fields and values that it has", (t) => {
  const [configMap] = read("argocd-health.yaml") as [{ data: Record<string, string> }];
  for (const [kind, schema] of Object.entries({
    TaskRun: taskrunSchema,
    CodeRun: coderunSchema,
    DocsRun: docsrunSchema,
  })) {
    const script = configMap.data[`resource.customizations.health.orchestrator.io_${kind}`] ?? "";
    const { spec, status } = schema.properties ?? {};
    const named = (pattern: RegExp): string[] => [...script.matchAll(pattern)].map(([, name = ""]) => name);
    for (const field of named(/\bstatus\.([a-zA-Z]+)/g).filter((name) => name !== "message"))
      if (!script.includes(`condition.${field}`)) t.ok(status?.properties?.[field], `${kind} status.${field}`);
    for (const field of named(/obj\.spec\.([a-zA-Z]+)/g)) t.ok(spec?.properties?.[field], `${kind} spec.${field}`);
    const compared = named(/status\.phase == "([A-Za-z]+)"/g);
    t.same(compared.sort(), ["Cancelled", "Failed", "Succeeded"]);
    for (const phase of compared) t.ok(phases.some((each) => each === phase));
    // what Argo CD knows
    for (const health of named(/return \{ status = "([A-Za-z]+)"/g))
      t.ok(["Healthy", "Progressing", "Degraded", "Suspended"].includes(health), health);
  }
  t.end();
});

t.test("the Application and the Kustomization prune, and sync the same folder", (t) => {
  t.match(read("argocd-application.yaml"), [
    { kind: "Application", spec: { source: { path: "runs" }, syncPolicy: { automated: { prune: true } } } },
  ]);
  t.match(read("flux-kustomization.yaml"), [
    { kind: "Kustomization", spec: { path: "./runs", prune: true, wait: true } },
  ]);
  t.end();
});
