/** Which test executes the commands of which document, and the commands that no test executes as printed, with the reason. */

/** The documents whose commands each test executes, in the order in which it follows them. */
export const executedDocuments = {
  "test/e2e/newcomer.test.ts": [
    "README.md",
    ...["local-cluster", "taskrun", "command-line", "server", "page", "cloud-events", "templates", "configuration"].map(
      (name) => `docs/guide/${name}.md`,
    ),
    ...["gitops", "troubleshooting"].map((name) => `docs/guide/${name}.md`),
  ],
  "test/e2e/chart.test.ts": [
    "docs/guide/helm.md",
    "docs/runbook.md",
    "docs/guide/production.md",
    "docs/guide/migrating.md",
    "docs/guide/install.md",
  ],
  "test/e2e/install.test.ts": ["docs/guide/install.md"],
  "test/integration/examples.test.ts": ["examples/README.md"],
  "test/integration/runtime-package.test.ts": ["packages/runtime/README.md"],
} as const;

/** A printed line that no test runs. */
export interface NotExecuted {
  readonly document: string;
  readonly line: RegExp;
  /** Why it is not run as printed. */
  readonly reason: string;
  /** The test that does the same in another way. Absent: none does. */
  readonly instead?: string;
}

const everyLine = /./;

export const notExecuted: readonly NotExecuted[] = [
  {
    document: "README.md",
    line: /^npm ci && npm (test|run build)\b/,
    reason: "the checkout is built, and these are its tests",
  },
  {
    document: "README.md",
    line: /\bnpm run demo\b/,
    reason: "it starts a cluster of its own",
    instead: "test/e2e/demo.test.ts",
  },
  {
    document: "README.md",
    line: /^kubectl apply --server-side -k config\/default/,
    reason: "an operator runs on this cluster already",
    instead: "test/e2e/install.test.ts",
  },
  {
    document: "docs/guide/github.md",
    line: /^(kubectl|helm|orchestrator|gh) /,
    reason: "they need GitHub, and an App there",
    instead: "test/integration/deliveries.test.ts",
  },
  {
    document: "docs/guide/grafana.md",
    line: /^(kubectl|orchestrator) /,
    reason: "they need Grafana's secret and a notification",
    instead: "test/cli/github.test.ts",
  },
  {
    document: "docs/guide/plays.md",
    line: /^(orchestrator play|kubectl apply) /,
    reason: "they need Argo Workflows, and webhooks of GitHub",
    instead: "test/e2e/plays.test.ts",
  },
  {
    document: "docs/guide/kueue.md",
    line: /^kubectl describe workloads/,
    reason: "it needs Kueue",
    instead: "test/integration/kueue.test.ts",
  },
  {
    document: "docs/guide/install.md",
    line: /^kubectl (apply --server-side -k config\/default|rollout status)/,
    reason: "the local cluster installs the same folder",
    instead: "test/e2e/install.test.ts",
  },
  {
    document: "docs/guide/install.md",
    line: /^npm run image -- --registry registry\.example\.com/,
    reason: "needs docker or podman, and a registry",
    instead: "test/scripts/images.test.ts",
  },
  {
    document: "docs/guide/coderun.md",
    line: everyLine,
    reason: "needs a repository on GitHub, its App's key and a model",
    instead: "test/e2e/repositories.test.ts",
  },
  {
    document: "docs/guide/history.md",
    line: /^gunzip -c \/archive\//,
    reason: "runs where the archive's volume is mounted",
    instead: "test/archive/directory-store.test.ts",
  },
  {
    document: "docs/guide/history.md",
    line: /^orchestrator task (list|get|logs) .*--archived/,
    reason: "needs a bucket that the operator archives to",
    instead: "test/cli/archived.test.ts",
  },
  {
    document: "docs/guide/history.md",
    line: /^kubectl get pvc /,
    reason: "no workspace of the documents' tests is idle for long enough",
    instead: "test/integration/idle-workspaces.test.ts",
  },
  {
    document: "docs/guide/gateway.md",
    line: /^kubectl logs .* -c gateway/,
    reason: "the runs of the documents' tests have no gateway",
    instead: "test/e2e/programs.test.ts",
  },
  {
    document: "docs/guide/spending.md",
    line: everyLine,
    reason: "its figures come from models, which agents of these tests do not use",
    instead: "test/cli/cost.test.ts",
  },
  {
    document: "docs/guide/telemetry.md",
    line: /^kubectl rollout restart deployment\/orchestrator-server/,
    reason: "restarts the server once a collector is configured, and no cluster of the tests has one",
  },
  {
    document: "config/samples/README.md",
    line: everyLine,
    reason: "README.md has the same commands in its first steps",
    instead: "test/e2e/newcomer.test.ts",
  },
  ...["CONTRIBUTING.md", "docs/reliability.md", "test/fuzz/README.md"].map((document) => ({
    document,
    line: /^(FUZZ_NODE="[^"]+" )?npm (ci|run|test)\b/,
    reason: "builds and tests this checkout; executing it in its own tests would not end",
  })),
];

/** Whether a test executes the `sh` blocks of this document. */
export function isExecuted(document: string): boolean {
  return Object.values(executedDocuments).some((documents) => (documents as readonly string[]).includes(document));
}

/** What is not executed of these documents. */
export function notExecutedOf(documents: readonly string[]): readonly NotExecuted[] {
  return notExecuted.filter(({ document }) => documents.includes(document));
}
