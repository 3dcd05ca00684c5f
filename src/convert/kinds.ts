/** How the fields of each kind changed since older API groups. Data only: `manifests.ts` applies it. */
import { coderunSchema } from "../api/generated/coderun.schema.js";
import { docsrunSchema } from "../api/generated/docsrun.schema.js";
import { taskrunSchema } from "../api/generated/taskrun.schema.js";
import type { JsonSchema } from "../runtime/schema/json-schema.js";
import {
  agentName,
  branch,
  directory,
  fullRepositoryUrl,
  githubName,
  program,
  repositoryUrl,
  service,
  type Repair,
} from "./repairs.js";

/** The API groups that contained these kinds. `orchestrator.io` itself had an older version of TaskRun. */
export const groups = [
  "orchestrator.io",
  "taskmaster.io",
  "platform.5dlabs.com",
  "orchestrator.platform",
  "agents.platform",
] as const;

/** How a value is converted to its current type. */
export type Change =
  /** `"7"` becomes 7. */
  | "integer"
  /** `"a, b"` becomes `[a, b]`. */
  | "list"
  /** `[{name, value}]` becomes a map. */
  | "map"
  /** A map becomes `[{name, value}]`. */
  | "entries"
  /** 0 is dropped. */
  | "positive"
  /** 0 and timestamps are dropped. */
  | "version"
  /** `[bash]` becomes `[{name: bash}]`. */
  | "named";

export interface KindRules {
  readonly schema: JsonSchema;
  /** Renamed fields of the spec: old name to new name. */
  readonly renamed: Readonly<Record<string, string>>;
  readonly changed: Readonly<Record<string, Change>>;
  /** Values that have one obvious meaning, by field; `repository.url` is inside of `repository`. */
  readonly repaired: Readonly<Record<string, Repair>>;
  /** Fields without a counterpart, with the reason or the replacement. */
  readonly removed: Readonly<Record<string, string>>;
  /** Fields that keep name and value but changed their meaning, with an explanation. */
  readonly changedMeaning: Readonly<Record<string, string>>;
  /** Fields whose default was different in some groups, with an explanation for objects that do not set them. */
  readonly defaults: Readonly<Record<string, { readonly groups: readonly string[]; readonly message: string }>>;
}

const contextVersion =
  "was incremented by the controller for each retry; now only users increment it, which starts a new attempt with new files";

export const kinds: Readonly<Record<string, KindRules>> = {
  TaskRun: {
    schema: taskrunSchema,
    renamed: { service: "serviceName", agent: "agentName", files: "markdownFiles", tools: "agentTools" },
    changed: {
      taskId: "integer",
      contextVersion: "version",
      retryAttempt: "positive",
      agentTools: "named",
      env: "entries",
    },
    repaired: {
      serviceName: service,
      agentName,
      "repository.url": fullRepositoryUrl,
      "repository.branch": branch,
      "repository.githubUser": githubName,
      "repository.path": directory,
    },
    removed: {
      attempts: "increment retryAttempt to request another attempt; retry.maxRetries limits automatic retries",
    },
    changedMeaning: {
      retryAttempt:
        "was only displayed; now it is the number of the first attempt, and incrementing it requests another",
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
      contextVersion: "version",
      localTools: "list",
      remoteTools: "list",
      env: "map",
    },
    repaired: {
      service,
      repositoryUrl,
      docsRepositoryUrl: repositoryUrl,
      docsBranch: branch,
      docsProjectDirectory: directory,
      workingDirectory: directory,
      githubUser: githubName,
      githubApp: githubName,
      "cliConfig.cliType": program,
    },
    removed: {
      branch:
        "the implementation branch is feature/task-<taskId>-implementation; docsBranch is the branch of the documents",
    },
    changedMeaning: {
      contextVersion,
      continueSession: "was set by the controller for each retry; now a retry always continues the session",
      enableDocker: "needs agent.allowDocker in the configuration: the container is privileged",
      taskRequirements: "is now checked at admission; unsupported content is denied",
    },
    defaults: {
      enableDocker: {
        groups: ["agents.platform"],
        message: "defaulted to true; now it defaults to false, and true needs agent.allowDocker in the configuration",
      },
    },
  },
  DocsRun: {
    schema: docsrunSchema,
    renamed: { branch: "sourceBranch" },
    changed: { localTools: "list", remoteTools: "list", env: "map", contextVersion: "version" },
    repaired: {
      repositoryUrl,
      sourceBranch: branch,
      workingDirectory: directory,
      githubUser: githubName,
      githubApp: githubName,
      cli: program,
    },
    removed: {
      taskId: "all DocsRuns had the same one; they are identified by their names",
      service: "the workspace is named after workingDirectory",
    },
    changedMeaning: { contextVersion },
    defaults: {},
  },
};

/** Fields of metadata that the API server or the old controller wrote, with the reason to drop them, if it is worth a note. */
export const serverFields: Readonly<Record<string, string>> = {
  uid: "",
  resourceVersion: "",
  generation: "",
  creationTimestamp: "",
  deletionTimestamp: "",
  deletionGracePeriodSeconds: "",
  managedFields: "",
  selfLink: "",
  finalizers: "the current finalizers are set at admission",
  ownerReferences: "owners have other UIDs in another cluster; set it again where needed",
};
