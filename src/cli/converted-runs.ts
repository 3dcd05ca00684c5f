/** Checks the result of a conversion with the rules of admission. */
import { checkManifests, type Checked } from "../admission/index.js";
import { repositoryHost } from "../api/git.js";
import type { Configuration } from "../configuration/configuration.js";
import { defaultConfiguration } from "../configuration/defaults.js";
import type { ConvertedManifests, ConvertedRun } from "../convert/manifests.js";
import type { RunRemark } from "../convert/report.js";
import { admittedKinds } from "../kinds/admitted-kinds.js";
import { isObject, member, type JsonObject } from "../runtime/schema/json.js";

/**
 * What the cluster would deny of the runs of each result, at the lines of its source.
 *
 * @param configuration absent: what only the default configuration denies is a warning, since another may allow it
 * @param namespace of objects that do not set one
 */
export function deniedFields(
  results: readonly ConvertedManifests[],
  configuration: Configuration | undefined,
  namespace: string,
): RunRemark[][] {
  const all = results.flatMap(({ runs }, index) => runs.map((run) => ({ run, index })));
  const submitted = all.flatMap(({ run, index }) => {
    const kind = admittedKinds.find(({ type }) => type.kind === run.object.kind);
    return kind === undefined ? [] : [{ kind, object: run.object, namespace, run, index }];
  });
  // only the errors are kept: the results of the check have a copy of each run
  const errorsWith = (checked: Configuration): Checked["errors"][] =>
    checkManifests(submitted, checked).map(({ errors }) => errors);
  const objects = submitted.map(({ object }) => object);
  const certain = errorsWith(configuration ?? lenient(defaultConfiguration, objects));
  const possible = configuration === undefined ? errorsWith(defaultConfiguration) : certain;
  const remarks = results.map((): RunRemark[] => []);
  for (const [place, { run, index }] of submitted.entries()) {
    const sure = new Set(certain[place]?.map(({ field, message }) => `${field}: ${message}`));
    for (const { field, message } of possible[place] ?? [])
      if (!run.failed.has(field)) remarks[index]?.push(remarkOf(run, field, message, sure.has(`${field}: ${message}`)));
  }
  return remarks;
}

function remarkOf(run: ConvertedRun, field: string, message: string, isSure: boolean): RunRemark {
  const path = `${field}:`;
  const line = run.lineOf(field);
  if (isSure) return { severity: "error", line, path, message };
  const more = "the default configuration denies this; check with your own: --config";
  return { severity: "warning", line, path, message: `${message} (${more})` };
}

/** The configuration, if it allowed Docker and the hosts of all repositories. */
function lenient(configuration: Configuration, runs: readonly JsonObject[]): Configuration {
  const hosts = runs.flatMap((run) => {
    const spec = member(run, "spec");
    if (!isObject(spec)) return [];
    const repository = member(spec, "repository");
    const urls = [
      ...[member(spec, "repositoryUrl"), member(spec, "docsRepositoryUrl")],
      isObject(repository) ? member(repository, "url") : undefined,
    ];
    return urls
      .flatMap((url) => (typeof url === "string" ? [repositoryHost(url) ?? ""] : []))
      .filter((host) => host !== "");
  });
  return {
    ...configuration,
    agent: { ...configuration.agent, allowDocker: true },
    git: {
      ...configuration.git,
      hosts: [...configuration.git.hosts, ...[...new Set(hosts)].map((host) => ({ host }))],
    },
  };
}
