/** Checks of the configuration, and of what it names. Pure. */
import { about, failure, notChecked, ok, warning, type Finding } from "./finding.js";
import type { Facts, SecretFacts } from "./facts.js";
import { messageOf } from "../../configuration/in-force.js";
import { operatorNames } from "../../configuration/names.js";
import { overrideTemplates } from "../../templates/source.js";

export function checkConfiguration({ configuration, namespace }: Facts): readonly Finding[] {
  const check = "configuration";
  const configMap = `ConfigMap ${namespace}/${operatorNames.configuration}`;
  const absent = ok(check, `${configMap} does not exist: the defaults apply.`);
  const right = `get configmaps in namespace ${namespace}`;
  return about(check, right, configuration, absent, ({ report, standing, problems }) => {
    const errors = problems.filter(({ severity }) => severity === "error").map(({ text }) => text);
    const warnings = problems.filter(({ severity }) => severity === "warning").map(({ text }) => text);
    const remedy = "See `orchestrator config show`, and correct it.";
    const findings: Finding[] = warnings.map((text) => warning(check, `${text}.`, remedy));
    if (errors.length > 0) findings.unshift(failure(check, `${configMap} is invalid: ${errors.join("; ")}.`, remedy));
    if (report === undefined)
      findings.push(
        warning(check, "No operator has reported which configuration is in force.", "Check that an operator leads."),
      );
    else if (standing === "unread")
      findings.push(
        failure(
          check,
          `The operator has not read ${configMap}. ${messageOf(report, namespace)}`,
          "Check that an operator leads.",
        ),
      );
    else if (standing === "refused" && errors.length === 0)
      findings.push(failure(check, messageOf(report, namespace), remedy));
    else if (standing === "inForce" && errors.length === 0) findings.unshift(ok(check, messageOf(report, namespace)));
    return findings;
  });
}

export function checkTemplates({ templates, namespace }: Facts): readonly Finding[] {
  const check = "templates";
  const configMap = `ConfigMap ${namespace}/${operatorNames.templates}`;
  const absent = ok(check, `${configMap} does not exist: the built-in templates apply.`);
  return about(check, `get configmaps in namespace ${namespace}`, templates, absent, ({ data = {} }) => {
    const { templates: set, problems } = overrideTemplates(data);
    const remedy = "Try it with `orchestrator render --templates`, and correct it (docs/guide/templates.md).";
    const warnings = problems.filter(({ severity }) => severity === "warning");
    const findings = warnings.map(({ message }) => warning(check, `${message}.`, remedy));
    if (set !== undefined) return [ok(check, `${configMap} is valid: ${Object.keys(data).length} keys.`), ...findings];
    const errors = problems.filter(({ severity }) => severity === "error").map(({ message }) => message);
    const effect =
      "is not in force: attempts use the last valid set, or the built-in templates since the operator's start";
    return [failure(check, `${configMap} ${effect}. ${errors.join("; ")}.`, remedy), ...findings];
  });
}

const isDefaultClass = "storageclass.kubernetes.io/is-default-class";

export function checkStorage({ storageClasses, configuration }: Facts): readonly Finding[] {
  const check = "StorageClass";
  const { storageClassName: wanted, accessMode } =
    configuration.state === "seen"
      ? configuration.value.effective.storage
      : { storageClassName: undefined, accessMode: undefined };
  const absent = failure(check, "The API server has no StorageClasses.", "Install a storage provisioner.");
  return about(check, "list storageclasses.storage.k8s.io", storageClasses, absent, (classes) => {
    const names = classes.map(({ metadata }) => metadata.name).join(", ") || "none";
    const chosen =
      wanted === undefined
        ? classes.find(({ metadata }) => metadata.annotations?.[isDefaultClass] === "true")
        : classes.find(({ metadata }) => metadata.name === wanted);
    if (chosen === undefined)
      return wanted === undefined
        ? failure(
            check,
            `No StorageClass is the default; the cluster has: ${names}.`,
            "Set storage.storageClassName in the configuration, or make one the default.",
          )
        : failure(
            check,
            `storage.storageClassName is ${wanted}, which does not exist; the cluster has: ${names}.`,
            "Correct it, or create the class.",
          );
    const { provisioner, metadata } = chosen;
    if (accessMode === "ReadWriteMany")
      return warning(
        check,
        `Workspaces use ${metadata.name} (${provisioner}) with ReadWriteMany, which a class does not report.`,
        "Check that its provisioner offers ReadWriteMany; otherwise claims stay Pending.",
      );
    return ok(check, `Workspaces use ${metadata.name} (${provisioner}), ${accessMode ?? "ReadWriteOnce"}.`);
  });
}

export function checkSecrets({ secrets, runsNamespace }: Facts): readonly Finding[] {
  return secrets.map((secret) => checkSecret(secret, runsNamespace));
}

function checkSecret({ name, key, isNeeded, found }: SecretFacts, namespace: string): Finding {
  const check = `Secret ${name}`;
  const what = `Secret ${namespace}/${name} (${key})`;
  if (found.state === "forbidden")
    return notChecked(
      check,
      "You may not list Secrets, not even their names.",
      `Ask someone who may \`list secrets in namespace ${namespace}\`, or see whether a pod of a run reports SecretMissing.`,
    );
  if (found.state === "failed")
    return notChecked(check, `It could not be searched for: ${found.message}.`, "Run the command again.");
  if (found.state === "seen" && found.value) return ok(check, `${what} exists. Its content was not read.`);
  const remedy = `Create it: \`kubectl create secret generic ${name} -n ${namespace} --from-literal=...\` (docs/guide/configuration.md).`;
  return isNeeded
    ? failure(check, `${what} does not exist: no attempt starts.`, remedy)
    : warning(check, `${what} does not exist: attempts start without it.`, remedy);
}
