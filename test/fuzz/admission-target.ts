/** Bytes of AdmissionReviews, through what the webhook server does with them and the handlers as the operator mounts them. */
import { configurationPath, configurationValidator, templatesPath, templatesValidator } from "#src/admission/index.js";
import { NamespaceScope } from "#src/configuration/namespaces.js";
import { ConfigurationSource } from "#src/configuration/source.js";
import { admittedCodeRun } from "#src/kinds/coderun/admission.js";
import { codeRunKind } from "#src/kinds/coderun/coderun.js";
import { admittedDocsRun } from "#src/kinds/docsrun/admission.js";
import { docsRunKind } from "#src/kinds/docsrun/docsrun.js";
import { cacheRuns, type SharedSetup } from "#src/kinds/setup.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { admissionHandlersOf } from "#src/kinds/webhooks.js";
import { Cache } from "#src/runtime/cache/cache.js";
import { Namespaces, PersistentVolumeClaims } from "#src/runtime/client/builtin.js";
import type { Client } from "#src/runtime/client/client.js";
import type { Namespace, PersistentVolumeClaim } from "#src/runtime/client/objects.js";
import { systemClock } from "#src/runtime/clock.js";
import { DepthError, parseBoundedJson } from "#src/runtime/input/bounded-json.js";
import { silentLogger } from "#src/runtime/logger.js";
import { isObject, member } from "#src/runtime/schema/json.js";
import { BadReviewError } from "#src/runtime/webhook/endpoint.js";
import {
  admissionEndpoint,
  validating,
  type AdmissionDecision,
  type AdmissionHandler,
} from "#src/runtime/webhook/review.js";
import { TemplateSource } from "#src/templates/source.js";
import { taskRun } from "../admission/runs.js";
import { ensure, type FuzzTarget } from "./fuzz-target.js";

/** The depth that the webhook server allows by default. */
const maxDepth = 200;
const operatorNamespace = "orchestrator";

function mountedHandlers(): ReadonlyMap<string, AdmissionHandler> {
  const cache = new Cache({ client: {} as Client, clock: systemClock, random: () => 0, logger: silentLogger });
  const configuration = new ConfigurationSource();
  // so that the Job of each valid run is made and checked
  configuration.update("policy: [{maxRetries: 3, claims: [shared-*], priorities: [low, medium, high]}]");
  const namespaces = cache.informer<Namespace>(Namespaces, { metadataOnly: true }).reader;
  const shared: Partial<SharedSetup> = {
    workspaces: cache.informer<PersistentVolumeClaim>(PersistentVolumeClaims, {}),
    authorizer: { isAllowed: () => Promise.resolve(false) },
    namespaceFacts: (name) => ({ name, isOperators: name === operatorNamespace }),
    configuration,
    tenants: new NamespaceScope({ choice: () => ({}), namespaces }),
    ensureSynced: () => undefined,
    serviceAccountExists: (_, name) => name === "known",
  };
  const tasks = cacheRuns(cache, taskRunKind, admittedTaskRun, {});
  const live = taskRun({ taskId: 77 }, undefined, "live");
  tasks.runs.store.put({ ...live, metadata: { ...live.metadata, name: "live", uid: "live", resourceVersion: "1" } });
  const templates = new TemplateSource();
  return new Map([
    ...admissionHandlersOf(shared as SharedSetup, tasks),
    ...admissionHandlersOf(shared as SharedSetup, cacheRuns(cache, codeRunKind(templates), admittedCodeRun, {})),
    ...admissionHandlersOf(shared as SharedSetup, cacheRuns(cache, docsRunKind(templates), admittedDocsRun, {})),
    [configurationPath, validating(configurationValidator(operatorNamespace))],
    [templatesPath, validating(templatesValidator(operatorNamespace))],
  ]);
}

let mounted: ReadonlyMap<string, AdmissionHandler> | undefined;

/** Those of the kind that a review names; of TaskRuns, if it names no kind that the operator admits. */
function handlersFor(review: unknown): AdmissionHandler[] {
  mounted ??= mountedHandlers();
  const request = isObject(review) ? member(review, "request") : undefined;
  const kind = isObject(request) ? member(request, "kind") : undefined;
  const named = isObject(kind) ? member(kind, "kind") : undefined;
  const name = typeof named === "string" ? named.toLowerCase() : "";
  if (name === "configmap") return [configurationPath, templatesPath].flatMap((path) => mounted?.get(path) ?? []);
  const of = (suffix: string): AdmissionHandler[] =>
    [...(mounted ?? [])].filter(([path]) => path.endsWith(suffix)).map(([, handler]) => handler);
  const own = name === "" ? [] : of(`/${name}`);
  return own.length > 0 ? own : of("/taskrun");
}

async function review(handler: AdmissionHandler, body: unknown): Promise<void> {
  let pending;
  try {
    pending = admissionEndpoint(handler).read(body);
  } catch (error) {
    if (error instanceof BadReviewError) return;
    throw error;
  }
  const decision = (await pending.decide()) as AdmissionDecision;
  ensure(typeof decision.allowed === "boolean", "the decision is neither to allow nor to deny");
  ensure(decision.allowed || (decision.status?.message ?? "") !== "", "a denial without a reason");
  JSON.stringify(decision);
  if (decision.patch === undefined) return;
  const patch: unknown = JSON.parse(Buffer.from(decision.patch, "base64").toString());
  ensure(Array.isArray(patch) && patch.length > 0, "the patch is not a list of operations");
}

export const admission: FuzzTarget = {
  name: "admission",
  maxBytes: 256 * 1024,
  inputs: 100,
  maxCpu: 500,
  async run(input) {
    let body: unknown;
    try {
      body = parseBoundedJson(input, maxDepth);
    } catch (error) {
      if (error instanceof DepthError || error instanceof SyntaxError) return;
      throw error;
    }
    for (const handler of handlersFor(body)) await review(handler, body);
  },
};
