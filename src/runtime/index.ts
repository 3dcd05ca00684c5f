/**
 * A controller runtime for Kubernetes operators in TypeScript.
 *
 * The vocabulary is controller-runtime's: a {@link Manager} runs {@link Controller}s; a controller turns the changes that
 * {@link Informer}s report into requests for a {@link Reconciler}.
 */
export {
  AccessReviews,
  SubjectAccessReviews,
  type AccessReviewsOptions,
  type Authorizer,
  type ResourceAction,
  type SubjectAccessReview,
} from "./authorization/access-reviews.js";
export { Backoff, backoffDelay, type BackoffOptions } from "./backoff.js";
export { Cache } from "./cache/cache.js";
export { Informer, type ChangeHandler, type InformerDependencies, type InformerOptions } from "./cache/informer.js";
export type { IndexFunction, Reader } from "./cache/reader.js";
export { dropManagedFields, Reflector, type ReflectorOptions, type ReflectorSink } from "./cache/reflector.js";
export { Store, type Change } from "./cache/store.js";
export { writeThrough } from "./cache/write-through.js";
export { CertificateManager, type CertificateManagerOptions } from "./certs/manager.js";
export type { WebhookConfigurationReference } from "./certs/configurations.js";
export { CertificateFiles, type CertificateFilesOptions } from "./certs/files.js";
export type { Lifetimes } from "./certs/plan.js";
export { sleep, systemClock, type Clock, type Random, type Timer } from "./clock.js";
export type { Connection, ServerAccess } from "./client/access.js";
export * from "./client/builtin.js";
export type * from "./client/client.js";
export * from "./client/errors.js";
export { HttpClient, type HttpClientOptions, type Impersonation } from "./client/http.js";
export type { StreamOptions } from "./client/watch-calls.js";
export type { RequestObserver } from "./client/unary-calls.js";
export { inClusterAccess, isInCluster, type InClusterOptions } from "./client/in-cluster.js";
export { kubeconfigAccess, type KubeconfigOptions } from "./client/kubeconfig.js";
export * from "./client/objects.js";
export { apiVersionOf, resourceName, resourceType, type ResourceType } from "./client/resource.js";
export { Controller, type ControllerOptions, type Predicate } from "./controller/controller.js";
export { controllerReference, controllingOwner, controllingOwnerOf } from "./controller/owner.js";
export {
  TerminalError,
  type ReconcileContext,
  type Reconciler,
  type Request,
  type Result,
} from "./controller/reconciler.js";
export type { EventRecorder } from "./events/recorder.js";
export { LeaderElector, NotLeaderError, type LeaderElectionOptions } from "./leaderelection/elector.js";
export { silentLogger, type Logger } from "./logger.js";
export { createManager, runManager, type CreateManagerOptions } from "./manager/create.js";
export { LeadershipLostError, Manager, type ManagerOptions } from "./manager/manager.js";
export type { Runnable, RunnableGroup } from "./manager/runnable.js";
export type { Check } from "./manager/probes.js";
export { serveWebhooks, type ServeWebhooksOptions } from "./manager/webhooks.js";
export { RuntimeMetrics, type RuntimeMetricsOptions } from "./metrics/metrics.js";
export { periodically, type PeriodicOptions } from "./periodic.js";
export { lowPriority, PriorityQueue, type AddOptions, type QueueOptions } from "./queue/queue.js";
export { formatFieldError, type FieldError, type FieldErrorReason } from "./schema/field-error.js";
export { startTracing, type Tracing, type TracingOptions } from "./tracing/export.js";
export type { AdmissionRequest, Defaulter, Operation, UserInfo, Validator, Verdict } from "./webhook/admission.js";
export { FakeClock, settle } from "./testing/clock.js";
export { hubAndSpokes, spoke, type Converter, type Spoke } from "./webhook/conversion.js";
export { admissionHandlers, type AdmissionOf } from "./webhook/handlers.js";
export { createJsonPatch } from "./webhook/json-patch.js";
export { mutating, validating, type AdmissionDecision, type AdmissionHandler } from "./webhook/review.js";
export type { WebhookServerOptions } from "./webhook/options.js";
export { WebhookServer } from "./webhook/server.js";
