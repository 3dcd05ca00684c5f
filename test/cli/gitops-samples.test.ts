/** The samples for Argo CD and Flux fit the kinds that they are about. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { parseAllDocuments } from "yaml";
import { goProgram } from "../go-program.js";
import { outcomeOf } from "./command-line.js";
import { coderunSchema } from "#src/api/generated/coderun.schema.js";
import { docsrunSchema } from "#src/api/generated/docsrun.schema.js";
import { taskrunSchema } from "#src/api/generated/taskrun.schema.js";
import { phases } from "#src/api/phase.js";
import { findGo } from "#src/cluster/binaries/go.js";
import { validateCommand } from "#src/cli/validate.js";
import { packageRoot } from "#src/version.js";

const noGo: string | false = findGo() === undefined ? "Go is not installed" : false;
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

const base = { metadata: { generation: 2 }, spec: {} };
const current = { observedGeneration: 2, message: "as the operator says" };
const stalled = [
  { type: "Succeeded", status: "Unknown" },
  { type: "Stalled", status: "True" },
];

t.test(
  "Argo CD's interpreter reports the health of a run in each phase",
  { skip: noGo, timeout: 300_000 },
  async (t) => {
    const program = await goProgram("tools/argocd-lua", (line) => t.comment(line));
    const cases: readonly (readonly [what: string, object: object, status: string])[] = [
      ["without a status", base, "Progressing"],
      [
        "with the status of an earlier spec",
        { ...base, status: { observedGeneration: 1, phase: "Succeeded" } },
        "Progressing",
      ],
      ...(["Pending", "Running"] as const).map(
        (phase) => [phase, { ...base, status: { ...current, phase } }, "Progressing"] as const,
      ),
      ["waiting for a person", { ...base, status: { ...current, phase: "Pending", conditions: stalled } }, "Degraded"],
      ["suspended", { ...base, spec: { suspend: true }, status: { ...current, phase: "Pending" } }, "Suspended"],
      ["succeeded", { ...base, status: { ...current, phase: "Succeeded" } }, "Healthy"],
      [
        "suspended after its end",
        { ...base, spec: { suspend: true }, status: { ...current, phase: "Succeeded" } },
        "Healthy",
      ],
      ...(["Failed", "Cancelled"] as const).map(
        (phase) => [phase, { ...base, status: { ...current, phase } }, "Degraded"] as const,
      ),
    ];
    const asked = cases.map(([, object]) => object);
    t.strictSame(
      phases.filter((phase) => !JSON.stringify(asked).includes(`"${phase}"`)),
      [],
      "each phase is among them",
    );
    const [{ data }] = read("argocd-health.yaml") as [{ data: Record<string, string> }];
    const healthOf = (kind: string, objects: readonly object[]): { status: string; message?: string }[] => {
      const script = data[`resource.customizations.health.${kind}`] ?? "";
      const input = objects.map((object) => JSON.stringify({ script, object })).join("\n");
      const { stdout } = spawnSync(program, { input, encoding: "utf8" });
      return stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { status: string; message?: string });
    };
    for (const kind of ["TaskRun", "CodeRun", "DocsRun"]) {
      const answers = healthOf(`orchestrator.io_${kind}`, asked);
      t.strictSame(
        answers.map(({ status }, index) => [cases[index]?.[0], status]),
        cases.map(([what, , status]) => [what, status]),
        kind,
      );
      t.equal(answers[2]?.message, current.message);
    }
    t.strictSame(
      healthOf("argoproj.io_Application", [{}, { status: {} }, { status: { health: { status: "Degraded" } } }]),
      ["Progressing", "Progressing", "Degraded"].map((status) => ({ status })),
    );
  },
);

t.test("the waves of the samples put what is needed before what needs it", (t) => {
  const waves = (file: string): readonly (readonly [string, number])[] =>
    (read(file) as { kind: string; metadata: { name: string; annotations?: Record<string, string> } }[]).map(
      ({ kind, metadata }) => [
        `${kind}/${metadata.name}`,
        Number(metadata.annotations?.["argocd.argoproj.io/sync-wave"] ?? 0),
      ],
    );
  t.strictSame(waves("argocd-operator-chart.yaml"), [
    ["Application/orchestrator", 0],
    ["Application/agent-runs", 1],
  ]);
  t.strictSame(waves("argocd-operator-kustomize.yaml"), [
    ["Application/orchestrator", 0],
    ["Application/agent-runs", 1],
  ]);
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
