/** What `kubectl get` shows, from the CustomResourceDefinitions and objects as admission stores them. */
import { readFileSync } from "node:fs";
import t from "tap";
import { parse } from "yaml";
import { defaultRun } from "#src/admission/run.js";
import type { AdmittedKind, AnyRun } from "#src/admission/index.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { admittedCodeRun } from "#src/kinds/coderun/admission.js";
import { admittedDocsRun } from "#src/kinds/docsrun/admission.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";

interface Column {
  readonly name: string;
  readonly jsonPath: string;
  /** 0, the default: shown without `-o wide`. */
  readonly priority?: number;
}

interface Crd {
  readonly spec: { readonly versions: readonly [{ readonly additionalPrinterColumns: readonly Column[] }] };
}

/** A simple JSONPath: fields after dots, with a backslash before a dot that belongs to a name. */
function valueAt(object: unknown, path: string): unknown {
  const fields = [...path.matchAll(/\.((?:[^.\\]|\\.)+)/g)].map(([, field = ""]) => field.replaceAll("\\", ""));
  return fields.reduce<unknown>((value, field) => (value as Record<string, unknown> | undefined)?.[field], object);
}

function columnsOf({ plural }: { readonly plural: string }): Column[] {
  const file = `../../../crds/${plural}.orchestrator.io.yaml`;
  const crd = parse(readFileSync(new URL(file, import.meta.url), "utf8")) as Crd;
  return [...crd.spec.versions[0].additionalPrinterColumns];
}

function columnOf<R extends AnyRun>(kind: AdmittedKind<R>, name: string, object: R): unknown {
  const column = columnsOf(kind.type).find((each) => each.name === name);
  return column && valueAt(defaultRun(kind, object, defaultConfiguration), column.jsonPath);
}

const code = { taskId: 7, service: "trader", repositoryUrl: "a/b", docsRepositoryUrl: "a/c" };
const docs = { repositoryUrl: "a/b", workingDirectory: "docs", sourceBranch: "main" };
const metadata = { name: "this" };

t.test("the column Agent shows who does the work, be it a GitHub App or a user", (t) => {
  const task = { taskId: 7, serviceName: "auth", markdownFiles: [{ filename: "task.md", content: "# Task" }] };
  t.equal(columnOf(admittedTaskRun, "Agent", { metadata, spec: task }), defaultConfiguration.agent.name);
  for (const [identity, agent] of [
    [{ githubApp: "5DLabs-Rex" }, "rex"],
    [{ githubUser: "Swe_1" }, "Swe_1"],
  ] as const) {
    t.equal(columnOf(admittedCodeRun, "Agent", { metadata, spec: { ...code, ...identity } }), agent);
    t.equal(columnOf(admittedDocsRun, "Agent", { metadata, spec: { ...docs, ...identity } }), agent);
  }
  t.end();
});

t.test("kubectl get shows the reason beside the phase, for all kinds", (t) => {
  for (const { type } of [admittedTaskRun, admittedCodeRun, admittedDocsRun]) {
    const shown = columnsOf(type).filter(({ priority = 0 }) => priority === 0);
    const paths = shown.map(({ jsonPath }) => jsonPath);
    t.equal(paths.indexOf(".status.reason"), paths.indexOf(".status.phase") + 1, type.kind);
    t.ok(paths.includes(".status.phase"));
  }
  t.end();
});
