/** What admission needs to know about a kind; everything else is the same for all. */
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

/** A piece of work that only one run may do at a time. */
export interface Work {
  /** Equal for two runs that would undo each other's work. */
  readonly key: string;
  /** The field that a second run is reported for. */
  readonly field: string;
  /** The value of that field. */
  readonly value: unknown;
  /** Describes the work, after `already has`. */
  readonly words: string;
}

/** A value of the spec that the configuration may list. */
export interface ListedValue {
  readonly field: string;
  readonly value: unknown;
  /** The values that the configuration lists. */
  readonly known: readonly string[];
  readonly isKnown: boolean;
}

export interface AdmittedKind<R extends AnyRun = AnyRun> {
  readonly type: ResourceType<R>;
  readonly schema: StructuralSchema;
  readonly finalizer: string;
  /** All rules, in the order in which their findings are shown. */
  readonly rules: readonly Rule[];
  /** What to do with a credential that is in the spec; an imperative clause. */
  readonly secretAdvice: string;
  /** Fields that the schema makes immutable. */
  readonly immutable: readonly string[];
  /** Labels that repeat the spec. The spec may be malformed; likewise below. */
  labels(spec: JsonObject): Record<string, string>;
  /** Values for fields that the run leaves out, in addition to those of every kind. */
  injected(spec: JsonObject, configuration: Configuration): JsonObject;
  /** Name of the workspace if the configuration has none for all; undefined if the spec lacks what it is made from. */
  workspace(spec: JsonObject): string | undefined;
  /** Undefined if the spec lacks what identifies the work. */
  work(view: RunView): Work | undefined;
  /** Values that the configuration may list, other than models. */
  listed(view: RunView, configuration: Configuration): readonly ListedValue[];
}
