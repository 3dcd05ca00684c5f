/**
 * Whether the configuration's `policy` allows a Job, and that a run does not reach the operator's own objects. Pure.
 *
 * The finished Job is checked, not the fields of the run: a field that is added later cannot lead around it. The same
 * check decides at admission, and again before each start, when the configuration may be another.
 */
import { attemptJob } from "./manifests.js";
import { isForeignClaim } from "./metadata.js";
import { appliesTo, type NamespaceFacts } from "./namespace-facts.js";
import { referencesIn, referencesOf, type References } from "./references.js";
import { isUnlimited } from "./pod-limits.js";
import { policyOf } from "./retry.js";
import type { AgentRun, Attempt, RunKind } from "./run.js";
import { quantity } from "../api/quantity.js";
import type { Configuration } from "../configuration/configuration.js";
import { operatorNames } from "../configuration/names.js";
import type { Job, PersistentVolumeClaim } from "../runtime/client/objects.js";

type Entry = Configuration["policy"][number];

/** What policy decides on. */
interface PolicySubject {
  readonly job: Job;
  /** The container whose resources `maxResources` limits. */
  readonly agentContainer: string;
  readonly priority: string;
  readonly maxRetries: number;
  readonly ttlSecondsAfterFinished: number;
  readonly namespace: NamespaceFacts;
  /** An existing claim of a namespace; undefined if there is none, so that the operator would create it. */
  readonly claim: (name: string) => PersistentVolumeClaim | undefined;
}

/**
 * What is not allowed of an attempt, as clauses: by the kind's own restrictions, and of its Job.
 *
 * @param claim an existing claim of the namespace
 */
export function attemptProblems<R extends AgentRun>(
  kind: RunKind<R>,
  run: R,
  attempt: Attempt,
  { namespace, claim }: Pick<PolicySubject, "namespace" | "claim">,
  configuration: Configuration,
): string[] {
  const ofKind = kind.refusal?.(run, configuration);
  const problems = ofKind === undefined ? [] : [ofKind];
  if (configuration.policy.length === 0 && !namespace.isOperators) return problems;
  const { spec } = run;
  const { ttlSecondsAfterFinished = configuration.job.ttlSecondsAfterFinished, priority = "medium" } = spec;
  return [
    ...problems,
    ...policyProblems(
      {
        job: attemptJob(kind, run, attempt, "Initial", configuration, namespace),
        agentContainer: kind.agentContainer,
        maxRetries: policyOf(kind, run, configuration).maxRetries,
        ...{ priority, ttlSecondsAfterFinished, namespace, claim },
      },
      configuration,
    ),
  ];
}

/** What is not allowed, each a clause that names the value and the remedy; empty if all is. */
function policyProblems(subject: PolicySubject, configuration: Configuration): string[] {
  const applying = configuration.policy.filter(({ namespaces }) => appliesTo(namespaces, subject.namespace));
  if (applying.length === 0 && !subject.namespace.isOperators) return [];
  const named = referencesIn(subject.job.spec?.template.spec);
  const problems = subject.namespace.isOperators ? reservedObjects(named) : [];
  if (applying.length > 0) {
    const configured = referencesOf(configuration);
    for (const entry of applying) problems.push(...entryProblems(entry, subject, named, configured));
  }
  return [...new Set(problems)];
}

/** In the operator's own namespace: what its webhooks are trusted by, and what decides about all runs. */
const reserved = {
  secrets: new Set<string>([operatorNames.certificates, operatorNames.sinkKeys, ...operatorNames.certManagerSecrets]),
  configMaps: new Set<string>([operatorNames.configuration, operatorNames.templates]),
  serviceAccounts: new Set<string>([operatorNames.serviceAccount, ...operatorNames.hookAccounts]),
};

function reservedObjects(named: References): string[] {
  const among = (kind: string, names: ReadonlySet<string>, own: ReadonlySet<string>): string[] =>
    [...names].filter((name) => own.has(name)).map((name) => `${kind} ${name} is the operator's own; use another`);
  return [
    ...among("Secret", named.secrets, reserved.secrets),
    ...among("ConfigMap", named.configMaps, reserved.configMaps),
    ...among("ServiceAccount", named.serviceAccounts, reserved.serviceAccounts),
  ];
}

function entryProblems(entry: Entry, subject: PolicySubject, named: References, configured: References): string[] {
  const unlisted = (
    what: string,
    key: "images" | "secrets" | "serviceAccounts",
    allowed: readonly string[] | undefined,
  ): string[] =>
    allowed === undefined
      ? []
      : [...named[key]]
          .filter((name) => !configured[key].has(name) && !allowed.some((pattern) => matchesPattern(name, pattern)))
          .map((name) => notAllowed(`${what} ${name}`, `allowed: ${allowed.join(", ")}`));
  return [
    ...unlisted("image", "images", entry.images),
    ...unlisted("Secret", "secrets", entry.secrets),
    ...unlisted("ServiceAccount", "serviceAccounts", entry.serviceAccounts),
    ...imageDigests(entry, named),
    ...claims(entry, subject, named),
    ...limits(entry, subject),
    ...resources(entry, subject),
  ];
}

function notAllowed(what: string, remedy: string): string {
  return `${what} is not allowed by policy of the configuration (${remedy})`;
}

function imageDigests({ imageDigests: required }: Entry, named: References): string[] {
  if (required !== true) return [];
  return [...named.images]
    .filter((image) => !/@sha256:[0-9a-f]{64}$/.test(image))
    .map((image) => notAllowed(`image ${image}`, "use a digest: name@sha256:..."));
}

function claims({ claims: allowed }: Entry, { claim }: PolicySubject, named: References): string[] {
  if (allowed === undefined) return [];
  return [...named.claims]
    .filter((name) => isForeignClaim(claim(name)) && !allowed.some((pattern) => matchesPattern(name, pattern)))
    .map((name) => notAllowed(`PersistentVolumeClaim ${name}`, `allowed beside the operator's: ${allowed.join(", ")}`));
}

function limits(entry: Entry, { job, priority, maxRetries, ttlSecondsAfterFinished }: PolicySubject): string[] {
  const problems: string[] = [];
  if (entry.priorities !== undefined && !entry.priorities.some((each) => each === priority))
    problems.push(notAllowed(`priority ${priority}`, `allowed: ${entry.priorities.join(", ")}`));
  const atMost = (what: string, value: number | undefined, most: number | undefined): void => {
    if (most !== undefined && value !== undefined && value > most)
      problems.push(notAllowed(`${what} ${value}`, `at most ${most}`));
  };
  atMost("activeDeadlineSeconds", job.spec?.activeDeadlineSeconds ?? Infinity, entry.maxActiveDeadlineSeconds);
  atMost("maxRetries", maxRetries, entry.maxRetries);
  atMost("ttlSecondsAfterFinished", ttlSecondsAfterFinished, entry.maxTtlSecondsAfterFinished);
  return problems;
}

/** A limit of 0 for any other resource means no limit. */
const unlimitedAtZero: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);

function resources({ maxResources = {} }: Entry, { job, agentContainer }: PolicySubject): string[] {
  const container = job.spec?.template.spec?.containers.find(({ name }) => name === agentContainer);
  const given: Readonly<Record<string, string>> = container?.resources?.limits ?? {};
  return Object.entries(maxResources).flatMap(([name, most]) => {
    const limit = given[name];
    if (limit === undefined || (unlimitedAtZero.has(name) && isUnlimited(limit)))
      return [notAllowed(`no limit for ${name}`, `set one, at most ${most}`)];
    const isWithin = (quantity(limit) ?? Infinity) <= (quantity(most) ?? 0);
    return isWithin ? [] : [notAllowed(`a limit for ${name} of ${limit}`, `at most ${most}`)];
  });
}

/** Whether a text matches a pattern in which `*` stands for any text. Takes time linear in the text for each `*`. */
export function matchesPattern(text: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let position = first.length;
  const end = text.length - last.length;
  for (const part of rest) {
    const at = text.indexOf(part, position);
    if (at < 0 || at + part.length > end) return false;
    position = at + part.length;
  }
  return true;
}
