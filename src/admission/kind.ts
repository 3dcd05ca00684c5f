/** What admission needs to know about a kind. Everything else is the same for all kinds. */
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

/** The work of a run. At most one run at a time may do the same work. */
export interface Work {
  /** Equal for two runs that would overwrite each other's changes. */
  readonly key: string;
  /** The field that the error of a second run names. */
  readonly field: string;
  /** The value of that field. */
  readonly value: unknown;
  /** Describes the work, after `already has`. */
  readonly words: string;
}

/** A value of the spec that the configuration can restrict to a list. */
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
  /** How to fix a credential in the spec; an imperative clause. */
  readonly secretAdvice: string;
  /** Fields that the schema makes immutable. */
  readonly immutable: readonly string[];
  /** Labels that repeat the spec. The spec may be malformed, also in the functions below. */
  labels(spec: JsonObject): Record<string, string>;
  /** Defaults from the configuration, in addition to those of every kind. */
  injected(spec: JsonObject, configuration: Configuration): JsonObject;
  /** Name of the workspace if the configuration does not set one for all; undefined if the spec lacks the fields it depends on. */
  workspace(spec: JsonObject): string | undefined;
  /** The work of a run; undefined if the spec lacks the fields that identify it. */
  work(view: RunView): Work | undefined;
  /** The values that the configuration can restrict to a list, except models. */
  listed(view: RunView, configuration: Configuration): readonly ListedValue[];
}
