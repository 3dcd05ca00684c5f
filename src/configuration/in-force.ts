/** What an operator has in force, as it publishes it in a ConfigMap beside the configuration (docs/adr/017). Pure. */
import { createHash } from "node:crypto";
import { parseBoundedJson } from "../runtime/input/bounded-json.js";
import { isObject } from "../runtime/schema/json.js";
import type { Flag } from "./layers.js";
import { configurationKey, operatorNames } from "./names.js";
import type { Problem } from "./problem.js";
import { schema } from "./schema.js";
import { formatProblem, type ConfigurationSource, type ReadText } from "./source.js";

/** Identifies a text of `config.yaml`. */
interface TextIdentity {
  /** SHA-256 of the text, with its algorithm. */
  readonly digest: string;
  /** resourceVersion of the ConfigMap with that text; absent if it is unknown or the ConfigMap does not exist. */
  readonly resourceVersion?: string;
  /** RFC 3339: when the operator read it. */
  readonly since: string;
  /** One line each: warnings of the text in force, errors of the refused one. */
  readonly problems: readonly string[];
}

/** What is in force, and the newest text if it was refused. */
export interface InForceReport extends TextIdentity {
  /** The text in force; empty: the defaults. */
  readonly text: string;
  /** Version of the operator that leads. */
  readonly operator: string;
  /** Its environment variables that set keys. */
  readonly environment: Readonly<Record<string, string>>;
  /** Its flags that set keys. */
  readonly flags: readonly Flag[];
  /** Present while the content of the ConfigMap is not in force. */
  readonly refused?: TextIdentity;
}

/** The key with everything but the text, as JSON. */
const reportKey = "report.json";
/** The key with a sentence for people. */
const messageKey = "message";

/** Problems that a report lists, and characters of each: the text and they must fit in a ConfigMap. */
const maxProblems = 20;
const maxProblemLength = 500;

/** Levels of a report; it has three. */
const maxDepth = 10;

/** SHA-256 of a text; an absent one counts as empty. */
export function digestOf(text: string | undefined): string {
  return `sha256:${createHash("sha256")
    .update(text ?? "")
    .digest("hex")}`;
}

/**
 * The report of what a source has in force now.
 *
 * @param before the report so far: a text that stays keeps its time
 * @param time RFC 3339
 */
export function reportOf(
  source: Pick<ConfigurationSource, "inForce" | "refused" | "environment" | "flags">,
  operator: string,
  before: InForceReport | undefined,
  time: string,
): InForceReport {
  const { inForce, refused, flags } = source;
  const names = (["x-environment", "x-environment-defaults", "x-environment-no-effect"] as const).flatMap((table) =>
    Object.keys(schema[table]),
  );
  const environment = Object.fromEntries(
    names.flatMap((name): [string, string][] => {
      const value = source.environment[name] ?? "";
      return value === "" ? [] : [[name, value]];
    }),
  );
  const rejected = refused && identityOf(refused, before?.refused, time);
  return {
    ...identityOf(inForce, before, time),
    ...{ text: inForce.text ?? "", operator, environment, flags },
    ...(rejected !== undefined && { refused: rejected }),
  };
}

function identityOf({ text, resourceVersion, problems }: ReadText, before: TextIdentity | undefined, time: string) {
  const digest = digestOf(text);
  const stays = before?.digest === digest ? before : undefined;
  // a text from an earlier process keeps the version that it was read with
  const version = resourceVersion ?? (text === undefined ? undefined : stays?.resourceVersion);
  return {
    digest,
    ...(version !== undefined && { resourceVersion: stays?.resourceVersion ?? version }),
    since: stays?.since ?? time,
    problems: errorsFirst(problems)
      .slice(0, maxProblems)
      .map((problem) => formatProblem(problem).slice(0, maxProblemLength)),
  } satisfies TextIdentity;
}

function errorsFirst(problems: readonly Problem[]): Problem[] {
  const of = (wanted: Problem["severity"]): Problem[] => problems.filter(({ severity }) => severity === wanted);
  return [...of("error"), ...of("warning")];
}

/** @param namespace of the operator */
export function dataOf(report: InForceReport, namespace: string): Record<string, string> {
  const { text, ...rest } = report;
  return {
    [messageKey]: messageOf(report, namespace),
    [reportKey]: `${JSON.stringify(rest, null, 2)}\n`,
    [configurationKey]: text,
  };
}

/** The report in a ConfigMap's data; undefined if there is none, or if something else wrote it. */
export function readReport(data: Readonly<Record<string, string>> | undefined): InForceReport | undefined {
  const text = data?.[configurationKey];
  const report = parsedJson(data?.[reportKey]);
  if (text === undefined || !isObject(report) || report.digest !== digestOf(text)) return undefined;
  const { operator, environment, flags, since } = report;
  if (typeof operator !== "string" || typeof since !== "string" || !isObject(environment) || !Array.isArray(flags))
    return undefined;
  // its digest and these members say that an operator wrote it
  return { ...(report as unknown as InForceReport), text };
}

function parsedJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : parseBoundedJson(text, maxDepth);
  } catch {
    return undefined;
  }
}

/** What a report says of the text that a ConfigMap has now. */
export type Standing = "inForce" | "refused" | "unread";

/** @param text of the ConfigMap; undefined if it or its key does not exist */
export function standingOf(report: InForceReport, text: string | undefined): Standing {
  const digest = digestOf(text);
  if (report.refused === undefined) return report.digest === digest ? "inForce" : "unread";
  // the text in force may be stored again: then the operator has not read it yet
  return report.refused.digest === digest ? "refused" : "unread";
}

/** Says in one or two sentences what is in force. */
export function messageOf(report: InForceReport, namespace: string): string {
  const configMap = `ConfigMap ${namespace}/${operatorNames.configuration}`;
  const version = ({ resourceVersion }: TextIdentity): string =>
    resourceVersion === undefined ? "" : ` (resourceVersion ${resourceVersion})`;
  const isDefault = report.text === "";
  const { refused } = report;
  if (refused === undefined) {
    const what = isDefault ? `the defaults: ${configMap} has no ${configurationKey}` : `${configMap}${version(report)}`;
    return `In force since ${report.since}: ${what}.`;
  }
  const what = isDefault ? "the defaults" : `an earlier content${version(report)}`;
  return (
    `${configMap}${version(refused)} is not in force: ${refused.problems.join("; ")}. ` +
    `In force since ${report.since}: ${what}.`
  );
}
