/** Texts that the operator reads: requirements, configuration, templates, Helm values, termination messages, kubeconfigs. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkManifests } from "#src/admission/index.js";
import { readRequirements } from "#src/api/requirements.js";
import { convertValues } from "#src/configuration/convert.js";
import { ConfigurationSource, formatProblem } from "#src/configuration/source.js";
import { admittedCodeRun } from "#src/kinds/coderun/admission.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import { taskRunKind } from "../kinds/task-runs.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { attemptJob } from "#src/runs/manifests.js";
import { parseTerminationMessage } from "#src/runs/termination.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import { builtInTemplates } from "#src/templates/builtin.js";
import { templateOfKey } from "#src/templates/files.js";
import { overrideTemplates } from "#src/templates/source.js";
import { codeRun, taskRun } from "../admission/runs.js";
import { ensure, type FuzzTarget } from "./fuzz-target.js";

const requirements: FuzzTarget = {
  name: "requirements",
  maxBytes: 20 * 1024,
  inputs: 80,
  maxCpu: 500,
  run(input) {
    for (const text of [input.toString("base64"), input.toString("utf8")]) {
      const { requirements: read, problems } = readRequirements(text);
      for (const name of [...Object.keys(read.environment), ...read.variables.map((each) => each.name)])
        ensure(/^[A-Za-z_][A-Za-z0-9_]*$/.test(name), "a variable with an invalid name");
      for (const value of Object.values(read.environment)) ensure(!value.includes("\0"), "a value with NUL");
      for (const { message } of problems) ensure(message !== "", "a problem without a message");
    }
  },
};

const submitted = [
  {
    kind: admittedTaskRun,
    object: { apiVersion: "orchestrator.io/v1", kind: "TaskRun", ...taskRun() },
    namespace: "a",
  },
  {
    kind: admittedCodeRun,
    object: { apiVersion: "orchestrator.io/v1", kind: "CodeRun", ...codeRun() },
    namespace: "a",
  },
];

const configuration: FuzzTarget = {
  name: "configuration",
  maxBytes: 70 * 1024,
  inputs: 40,
  maxCpu: 500,
  run(input) {
    const source = new ConfigurationSource();
    const { accepted, problems } = source.update(input.toString("utf8"));
    problems.map(formatProblem);
    ensure(
      accepted !== problems.some(({ severity }) => severity === "error"),
      "accepted with an error, or not without",
    );
    if (!accepted) return;
    // what was accepted must serve: every run is admitted with it, and every Job made of it
    const [task] = checkManifests(submitted, source.current());
    if (task === undefined || task.errors.length > 0) return;
    const run = task.object as TaskRun;
    const attempt = { number: 1, names: taskRunKind.names(run, 1) };
    JSON.stringify(attemptJob(taskRunKind, run, attempt, "Initial", source.current()));
  },
};

/** The first line of an input is the key of the ConfigMap, as far as it is one; the rest is the template. */
const templates: FuzzTarget = {
  name: "templates",
  maxBytes: 300 * 1024,
  inputs: 12,
  maxCpu: 2_000,
  run(input) {
    const [first = "", ...rest] = input.toString("utf8").split("\n");
    const key = templateOfKey(first, builtInTemplates().keys()) === undefined ? "code_claude.md.hbs" : first;
    const { templates: made, problems } = overrideTemplates({ [key]: rest.join("\n") });
    const failed = problems.some(({ severity }) => severity === "error");
    ensure((made === undefined) === failed, "accepted with an error, or not without");
    for (const { message } of problems)
      ensure(!/RangeError|call stack/.test(message), `exhausted the stack: ${message}`);
  },
};

const values: FuzzTarget = {
  name: "values",
  maxBytes: 64 * 1024,
  inputs: 80,
  maxCpu: 1_000,
  run(input) {
    const { text, remarks } = convertValues(input.toString("utf8"), "orchestrator", "taskrun-controller-config");
    ensure(text !== undefined || remarks.some(({ severity }) => severity === "error"), "neither a result nor an error");
  },
};

const termination: FuzzTarget = {
  name: "termination",
  maxBytes: 5 * 1024,
  inputs: 1000,
  maxCpu: 500,
  run(input) {
    for (const [field, value] of Object.entries(parseTerminationMessage(input.toString("utf8")))) {
      ensure(typeof value === "string" && value.length <= 2048, `${field} is not a short text`);
      ensure(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(value), `${field} has characters that a terminal obeys`);
    }
  },
};

let directory: string | undefined;

/** Written to a file, since that is what it is read from. */
const kubeconfig: FuzzTarget = {
  name: "kubeconfig",
  maxBytes: 64 * 1024,
  inputs: 80,
  maxCpu: 1_000,
  async run(input) {
    if (directory === undefined) {
      directory = mkdtempSync(join(tmpdir(), "fuzz-kubeconfig-"));
      const made = directory;
      process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    }
    const file = join(directory, "config");
    writeFileSync(file, input);
    try {
      const access = await kubeconfigAccess({ file });
      const { server } = await access.connection();
      ensure(typeof server === "string" && typeof access.namespace === "string", "access without a server");
    } catch (error) {
      // a defect has a class of its own, such as TypeError; a refusal says what is wrong
      ensure(Object.getPrototypeOf(error) === Error.prototype, `refused with ${String(error)}`);
    }
  },
};

export const textTargets: readonly FuzzTarget[] = [
  ...[requirements, configuration, templates, values, termination, kubeconfig],
];
