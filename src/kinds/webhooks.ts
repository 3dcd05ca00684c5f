/** The admission webhooks of one kind, mounted on the operator's webhook server. */
import type { KindSetup, SharedSetup } from "./setup.js";
import { withAccess } from "./access-admission.js";
import { withPolicy } from "./policy-admission.js";
import { specChange } from "./requested-attempt.js";
import { cachedRuns, runAdmission, webhookPaths, type AnyRun } from "../admission/index.js";
import { unmanagedWarning } from "../configuration/namespaces.js";
import type { AgentRun } from "../runs/run.js";
import type { AdmissionRequest, Defaulter, Validator, Verdict } from "../runtime/webhook/admission.js";
import { admissionHandlers } from "../runtime/webhook/handlers.js";

/** Webhook handlers by path. */
export type AdmissionHandlers = ReturnType<typeof admissionHandlers>;

/** A cache that may not be filled yet. */
export interface SyncingCache {
  readonly reader: { readonly hasSynced: boolean };
  waitForSync(signal: AbortSignal): Promise<void>;
}

/** Answers only when the caches are filled, and only enforces in namespaces that the operator manages. */
export function admissionHandlersOf<R extends AnyRun & AgentRun>(
  shared: SharedSetup,
  { kind, admitted, runs }: KindSetup<R>,
): AdmissionHandlers {
  const { configuration, tenants, ensureSynced, serviceAccountExists } = shared;
  const admission = runAdmission(admitted, {
    configuration: () => configuration.current(),
    lookup: cachedRuns(runs.reader),
    surroundings: { serviceAccountExists },
  });
  const allowed = (verdict: Verdict | Promise<Verdict>, request: AdmissionRequest<R>): Verdict | Promise<Verdict> => {
    if (verdict instanceof Promise) return verdict.then((each) => allowed(each, request));
    const change = specChange(verdict, request, admitted.schema);
    if (change === undefined) return verdict;
    return withAccess(withPolicy(verdict, shared, kind, change), shared, kind, change);
  };
  const validate: Validator<R> = (request) => {
    const { namespace = "" } = request;
    if (tenants.covers(namespace)) return allowed(admission.validate(request), request);
    return { errors: [], warnings: [unmanagedWarning(namespace)] };
  };
  const setDefaults: Defaulter<R> = (object, request) =>
    tenants.covers(request.namespace ?? "") ? admission.default(object, request) : object;
  const synced = (): undefined | Promise<void> => ensureSynced(runs, kind.type.kind);
  return admissionHandlers({
    type: kind.type,
    paths: webhookPaths(kind.type.kind.toLowerCase()),
    defaulter: (object, request) => synced()?.then(() => setDefaults(object, request)) ?? setDefaults(object, request),
    validator: (request) => synced()?.then(() => validate(request)) ?? validate(request),
    validateWhileMutating: true,
  });
}
