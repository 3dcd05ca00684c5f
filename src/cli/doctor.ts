import { Command, Option } from "commander";
import { defaultConfiguration } from "../configuration/defaults.js";
import { printable } from "../printable.js";
import { aligned } from "./aligned.js";
import { operatorNamespace, withCluster } from "./cluster-configuration.js";
import { diagnose } from "./doctor/checks.js";
import type { Finding, Severity } from "./doctor/finding.js";
import { gatherFacts } from "./doctor/gather.js";
import { observe } from "./doctor/observation.js";
import { readGitHubApp } from "./doctor/read-github-app.js";
import { probeNetwork } from "./doctor/network-probe.js";
import { countOf, processIo, withExitCode, type CommandIo } from "./io.js";
import { withOperatorOptions } from "./operator-options.js";

interface Options {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly runsNamespace?: string;
  readonly githubAppDir?: string;
  readonly probeNetwork?: boolean;
  readonly probeImage?: string;
  readonly output: "table" | "json";
}

/**
 * `orchestrator doctor`: checks an installation. Without --probe-network it changes nothing in the cluster.
 *
 * Exit codes: 0 no errors; 1 errors; 2 wrong usage, or no access to a cluster.
 */
export function doctorCommand(io: CommandIo = processIo): Command {
  return withOperatorOptions(
    new Command("doctor").description(
      "check an installation: rights, CRDs, webhooks, operator, configuration, storage, Secrets, clock and network; exits with 1 if there are errors",
    ),
  )
    .option("--runs-namespace <name>", "namespace in which runs are created (default: the operator's)")
    .option(
      "--github-app-dir <dir>",
      "directory with app-id and private-key of the operator's GitHub App, whose permissions, events and webhook are then checked",
    )
    .option(
      "--probe-network",
      "test whether NetworkPolicies are enforced: creates three pods and a NetworkPolicy in the namespace of the runs, and removes them",
    )
    .option(
      "--probe-image <image>",
      "image of these pods, with busybox's sh, httpd, timeout and wget (default: initContainer.image)",
    )
    .addOption(new Option("-o, --output <format>", "output format").choices(["table", "json"]).default("table"))
    .action(withExitCode(io, (options: Options) => run(options, io)));
}

async function run(options: Options, io: CommandIo): Promise<number> {
  const namespace = operatorNamespace(options);
  const runsNamespace = options.runsNamespace ?? namespace;
  const findings = await withCluster(options, async (client) => {
    const gathered = await gatherFacts(client, namespace, runsNamespace);
    const { configuration } = gathered;
    const effective = configuration.state === "seen" ? configuration.value.effective : undefined;
    const { githubAppDir: directory } = options;
    const githubApp =
      directory === undefined
        ? undefined
        : await observe(() => readGitHubApp(directory, effective ?? defaultConfiguration));
    const facts = { ...gathered, githubApp };
    if (options.probeNetwork !== true) return diagnose(facts);
    const image = options.probeImage ?? effective?.initContainer.image ?? "busybox:1.36";
    io.err(
      `note: creating three pods (${image}) and a NetworkPolicy in namespace ${runsNamespace}; they are removed\n`,
    );
    return diagnose({
      ...facts,
      network: await withInterrupt((signal) =>
        probeNetwork({ client, namespace: runsNamespace, image, signal, note: (line) => io.err(line) }),
      ),
    });
  });
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.filter(({ severity }) => severity === "warning").length;
  if (options.output === "json")
    io.out(`${JSON.stringify({ healthy: errors === 0, errors, warnings, findings }, null, 2)}\n`);
  else {
    io.out(tableOf(findings));
    io.err(`${countOf(errors, "error")}, ${countOf(warnings, "warning")}\n`);
  }
  return errors === 0 ? 0 : 1;
}

/** Runs an action whose signal fires on Ctrl-C, so that it can clean up. */
async function withInterrupt<T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const interrupt = (): void => abort.abort(new Error("interrupted"));
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, interrupt);
  try {
    return await action(abort.signal);
  } finally {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.removeListener(name, interrupt);
  }
}

const labels: Readonly<Record<Severity, string>> = {
  ok: "ok",
  warning: "warning",
  error: "error",
  notChecked: "not checked",
};

/** One line per finding, and one for its remedy. */
function tableOf(findings: readonly Finding[]): string {
  const rows = findings.flatMap(({ severity, check, message, remedy }) => [
    [labels[severity], check, printable(message)],
    ...(remedy === undefined ? [] : [["", "", `-> ${remedy}`]]),
  ]);
  return aligned([["RESULT", "CHECK", "MESSAGE"], ...rows], { gap: 2 });
}
