/** Admission's part of access: a run never reaches further than its author. */
import { requestedAttempt, type SpecChange } from "./requested-attempt.js";
import type { SharedSetup } from "./setup.js";
import type { AnyRun } from "../admission/index.js";
import { gitSecrets } from "../api/git.js";
import { readRequirements } from "../api/requirements.js";
import { attemptJob } from "../runs/manifests.js";
import { isForeignClaim } from "../runs/metadata.js";
import { referencesIn, referencesOf, type References } from "../runs/references.js";
import type { AgentRun, RunKind } from "../runs/run.js";
import type { Configuration } from "../configuration/configuration.js";
import { TooManyQuestionsError, type ResourceAction } from "../runtime/authorization/access-reviews.js";
import type { PersistentVolumeClaim } from "../runtime/client/objects.js";
import { forbidden } from "../runtime/schema/errors.js";
import { isObject, member } from "../runtime/schema/json.js";
import type { Verdict } from "../runtime/webhook/admission.js";
import { textIn } from "../admission/view.js";

type Sources = Pick<SharedSetup, "configuration" | "workspaces" | "authorizer">;

/**
 * Asks the API server whether the author of a run may use what the run names, and denies the run, or warns, by
 * `access.mode`. Asks nothing if the run names nothing unusual, and of an update only for what it adds.
 */
export function withAccess<R extends AnyRun & AgentRun>(
  verdict: Verdict,
  { configuration, workspaces, authorizer }: Sources,
  kind: RunKind<R>,
  { object, oldObject, namespace, userInfo, source }: SpecChange<R>,
): Verdict | Promise<Verdict> {
  const current = configuration.current();
  const { mode } = current.access;
  if (mode === "off" || verdict.errors.length > 0) return verdict;
  const claim = (name: string): PersistentVolumeClaim | undefined => workspaces.reader.get({ namespace, name });
  const before = new Set(
    oldObject === undefined ? [] : neededAccess(kind, oldObject, claim, current).map(({ what }) => what),
  );
  const needed = neededAccess(kind, object, claim, current).filter(({ what }) => !before.has(what));
  if (needed.length === 0) return verdict;
  const isAllowed = (action: Omit<ResourceAction, "namespace">): Promise<boolean> =>
    authorizer.isAllowed(userInfo, { ...action, namespace }, source);
  const decide = async (): Promise<Verdict> => {
    if (await isAllowed({ verb: "create", group: "", resource: "pods" })) return verdict;
    const answers = await Promise.all(needed.map(({ action }) => isAllowed(action)));
    const who = JSON.stringify(userInfo.username ?? "");
    const problems = needed
      .filter((_, index) => answers[index] !== true)
      .map(({ what, action: { verb } }) => `${who} may not ${verb} ${what}, so a run of theirs may not use it`);
    return withProblems(problems, remedy);
  };
  const withProblems = (problems: readonly string[], whatToDo: string): Verdict =>
    mode === "warn"
      ? { ...verdict, warnings: [...verdict.warnings, ...problems.map((problem) => `spec: ${problem}`)] }
      : { ...verdict, errors: problems.map((problem) => forbidden("spec", `${problem}; ${whatToDo}`)) };
  return decide().catch((error: unknown) => {
    if (!(error instanceof TooManyQuestionsError)) throw error;
    return withProblems([error.message], "try again in a few seconds");
  });
}

const remedy = "remove it, ask for that access, or have someone with that access create the run";

interface NeededAccess {
  /** Such as `Secret team-key`. */
  readonly what: string;
  readonly action: Omit<ResourceAction, "namespace">;
}

/**
 * What a run names itself, beyond what the configuration gives to every run. Its gateway has Secrets of the configuration and of the run's
 * identity, and no agent sees them: a run that names one in its spec would hand it to the agent, which needs access to it.
 */
function neededAccess<R extends AnyRun & AgentRun>(
  kind: RunKind<R>,
  run: R,
  claim: (name: string) => PersistentVolumeClaim | undefined,
  configuration: Configuration,
): NeededAccess[] {
  const given = referencesOf(configuration);
  if (!mayNameMore(run.spec, given, claim)) return [];
  const job = attemptJob(kind, run, requestedAttempt(kind, run), "Initial", configuration);
  const named = referencesIn(job.spec?.template.spec);
  const requested = requestedSecrets(run.spec);
  const own = identitySecrets(run);
  const of = (
    objectKind: string,
    names: Iterable<string>,
    action: Pick<ResourceAction, "verb" | "resource">,
  ): NeededAccess[] =>
    [...names].map((name) => ({ what: `${objectKind} ${name}`, action: { ...action, group: "", name } }));
  const beyond = (key: keyof References): string[] => [...named[key]].filter((name) => !given[key].has(name));
  return [
    ...of(
      "Secret",
      [...named.secrets].filter((name) => requested.has(name) || !(given.secrets.has(name) || own.has(name))),
      { verb: "get", resource: "secrets" },
    ),
    ...of(
      "PersistentVolumeClaim",
      beyond("claims").filter((name) => isForeignClaim(claim(name))),
      {
        ...{ verb: "get", resource: "persistentvolumeclaims" },
      },
    ),
    ...of(
      "ServiceAccount",
      beyond("serviceAccounts").filter((name) => name !== "default"),
      {
        ...{ verb: "impersonate", resource: "serviceaccounts" },
      },
    ),
  ];
}

/** Whether it is worth making the Job: most runs name nothing. Requirements are encoded, so they may name anything. */
function mayNameMore(
  spec: AgentRun["spec"],
  given: References,
  claim: (name: string) => PersistentVolumeClaim | undefined,
): boolean {
  if (textIn(spec, "taskRequirements") !== undefined) return true;
  const { secrets, serviceAccounts, claims } = referencesIn(spec);
  return (
    secrets.size > 0 ||
    [...claims].some((name) => isForeignClaim(claim(name))) ||
    [...serviceAccounts].some((name) => !given.serviceAccounts.has(name))
  );
}

/** The Secrets that the spec names, in variables, as the key of its repository and in its requirements. */
function requestedSecrets(spec: AgentRun["spec"]): ReadonlySet<string> {
  const { wholeSecrets, variables } = readRequirements(textIn(spec, "taskRequirements") ?? "").requirements;
  return new Set([...referencesIn(spec).secrets, ...wholeSecrets, ...variables.map(({ secretName }) => secretName)]);
}

/** The Secrets of the GitHub user or App that the run works as, whose names follow from it. */
function identitySecrets({ spec }: AnyRun): Set<string> {
  const repository: unknown = member(spec, "repository");
  const githubUser =
    textIn(spec, "githubUser") ?? (isObject(repository) ? textIn(repository, "githubUser") : undefined);
  // a TaskRun may have both: then the user counts
  const identities = [{ githubUser }, { githubApp: textIn(spec, "githubApp") }];
  return new Set(
    identities.flatMap((identity) => gitSecrets(identity, ["https://", "ssh://"])).map(({ name }) => name),
  );
}
