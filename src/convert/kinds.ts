/** What became of the fields of each kind since the system before. Data; `manifests.ts` applies it. */
import { coderunSchema } from "../api/generated/coderun.schema.js";
import { docsrunSchema } from "../api/generated/docsrun.schema.js";
import { taskrunSchema } from "../api/generated/taskrun.schema.js";
import type { JsonSchema } from "../runtime/schema/json-schema.js";

/** Groups that the kinds were in, the oldest first. `orchestrator.io` itself had older shapes of TaskRun. */
export const groups = [
  "orchestrator.io",
  "taskmaster.io",
  "platform.5dlabs.com",
  "orchestrator.platform",
  "agents.platform",
] as const;

/** How a value is brought to today's form. */
export type Change =
  /** `"7"` is 7. */
  | "integer"
  /** `a, b` is a list of both. */
  | "list"
  /** `[{name, value}]` is a map. */
  | "map"
  /** A map is `[{name, value}]`. */
  | "entries"
  /** `Claude` is `claude`. */
  | "lowerCase"
  /** 0 is left out. */
  | "positive";

export interface KindRules {
  readonly schema: JsonSchema;
  /** Names that fields of the spec had, and what they are called now. */
  readonly renamed: Readonly<Record<string, string>>;
  readonly changed: Readonly<Record<string, Change>>;
  /** Fields that have no counterpart, and why. */
  readonly gone: Readonly<Record<string, string>>;
  /** Fields whose meaning is another one, though they keep name and value. */
  readonly told: Readonly<Record<string, string>>;
  /** Fields whose default was another one, and what that means where they are absent; by the groups that had it. */
  readonly defaults: Readonly<Record<string, { readonly groups: readonly string[]; readonly message: string }>>;
}

const raised =
  "was raised by the controller with each retry; here only people raise it, and a rise starts a new run with new files";

export const kinds: Readonly<Record<string, KindRules>> = {
  TaskRun: {
    schema: taskrunSchema,
    renamed: { service: "serviceName", agent: "agentName", files: "markdownFiles", tools: "agentTools" },
    changed: { taskId: "integer", contextVersion: "positive", env: "entries" },
    gone: {
      attempts: "retryAttempt asks for another run by hand; retry.maxRetries bounds those that follow by themselves",
    },
    told: {
      retryAttempt: "is the number of the first run, and a rise asks for another; it was shown only",
    },
    defaults: {},
  },
  CodeRun: {
    schema: coderunSchema,
    renamed: {
      serviceName: "service",
      platformRepositoryUrl: "docsRepositoryUrl",
    },
    changed: {
      taskId: "integer",
      contextVersion: "positive",
      localTools: "list",
      remoteTools: "list",
      env: "map",
    },
    gone: {
      branch: "the branch of the work is feature/task-<taskId>-implementation; docsBranch is that of the documents",
      maxRetries: "retry.maxRetries bounds the runs that follow by themselves",
    },
    told: {
      contextVersion: raised,
      continueSession: "was set by the controller with each retry; here a retry goes on with the session by itself",
      enableDocker: "needs agent.allowDocker in the configuration: the container is privileged",
      taskRequirements: "is checked at admission, and what it has no use for is refused",
    },
    defaults: {
      enableDocker: {
        groups: ["agents.platform"],
        message:
          "was true where nothing was said; here it is false, and true needs agent.allowDocker in the configuration",
      },
    },
  },
  DocsRun: {
    schema: docsrunSchema,
    renamed: { branch: "sourceBranch" },
    changed: { localTools: "list", remoteTools: "list", env: "map", contextVersion: "positive" },
    gone: {
      taskId: "all DocsRuns had the same; they are told apart by their names",
      service: "the workspace is named after workingDirectory",
    },
    told: { contextVersion: raised },
    defaults: {},
  },
};

/** What the API server or the old controller wrote into an object, by its path. */
export const serverFields: Readonly<Record<string, string>> = {
  uid: "",
  resourceVersion: "",
  generation: "",
  creationTimestamp: "",
  deletionTimestamp: "",
  deletionGracePeriodSeconds: "",
  managedFields: "",
  selfLink: "",
  finalizers: "the finalizers of today are set at admission",
  ownerReferences: "its owner has another UID in another cluster; set it anew where it shall have one",
};

/** Annotation in which kubectl keeps what it applied last, in the old shape. */
export const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
