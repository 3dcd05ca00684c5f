/** What admission has to know of a kind; all else is the same for every one. */
import type { CodeRun } from "../api/coderun.js";
import type { DocsRun } from "../api/docsrun.js";
import type { TaskRun } from "../api/taskrun.js";
import type { ResourceType } from "../runtime/client/resource.js";
import type { JsonObject } from "../runtime/schema/json.js";
import type { StructuralSchema } from "../runtime/schema/structural.js";
import type { Configuration } from "../configuration/configuration.js";
import type { Rule } from "./context.js";
import type { RunView } from "./view.js";

/** A run of any kind. */
export type AnyRun = TaskRun | CodeRun | DocsRun;

/** A piece of work that only one run may be at. */
export interface Work {
  /** The same for two runs that would undo each other's work. */
  readonly key: string;
  /** The field that tells of it. */
  readonly field: string;
  /** Its value, for the user. */
  readonly value: unknown;
  /** As the object of `already has`. */
  readonly words: string;
}

/** A value of the spec that the configuration may list. */
export interface Listed {
  readonly field: string;
  readonly value: unknown;
  /** What the configuration lists. */
  readonly known: readonly string[];
  readonly isKnown: boolean;
}

export interface AdmittedKind<R extends AnyRun = AnyRun> {
  readonly type: ResourceType<R>;
  readonly schema: StructuralSchema;
  readonly finalizer: string;
  /** Every rule, in the order in which their findings are shown. */
  readonly rules: readonly Rule[];
  /** Where a credential belongs that stands in the spec; a clause. */
  readonly secretAdvice: string;
  /** Fields that the schema keeps as they are. */
  readonly immutable: readonly string[];
  /** Labels that repeat the spec, which may be malformed; likewise below. */
  labels(spec: JsonObject): Record<string, string>;
  /** What is put in where the run says nothing, beside what every kind gets. */
  injected(spec: JsonObject, configuration: Configuration): JsonObject;
  /** Name of its workspace, where the configuration has none for all; absent where the spec doesn't say. */
  workspace(spec: JsonObject): string | undefined;
  /** Absent where the spec doesn't say. */
  work(view: RunView): Work | undefined;
  /** Values that the configuration may list, beside the model. */
  listed(view: RunView, configuration: Configuration): readonly Listed[];
}
