import type { FieldError } from "../runtime/schema/field-error.js";
import type { Configuration } from "../configuration/configuration.js";
import type { FileSchemas } from "../templates/file-schemas.js";
import type { AdmittedKind, AnyRun } from "./kind.js";
import type { RunView } from "./view.js";

/** The existing runs of a kind: from a cache, or from the other documents that are validated together. */
export interface RunLookup {
  /** Other runs may exist that the lookup does not know, as offline: a missing run is then reported as unknown. Default false. */
  readonly partial?: boolean;
  get(namespace: string, name: string): AnyRun | undefined;
  /** All runs, in any phase, that do the work with this key ({@link AdmittedKind.work}). */
  byWork(namespace: string, key: string): readonly AnyRun[];
  /** Whether no dependency cycle contains the run. Absent: every run is searched for one. */
  isAcyclic?(namespace: string, name: string): boolean;
}

/**
 * Whether other objects exist. A function is absent where that is unknown, as offline; rules then report nothing about it. Secrets
 * are not among them, since the operator does not read them (docs/adr/011).
 */
export interface Surroundings {
  readonly serviceAccountExists?: (namespace: string, name: string) => boolean;
}

/** A creation or update to validate. */
export interface RunChange {
  /** The object after defaulting. */
  readonly object: AnyRun;
  /** Present in an update. */
  readonly oldObject?: AnyRun;
  readonly namespace: string;
  readonly configuration: Configuration;
  readonly lookup: RunLookup;
  readonly surroundings?: Surroundings;
  /** Schemas of the agent programs' settings files. */
  readonly fileSchemas: Pick<FileSchemas, "of" | "violations">;
}

/** The input of a rule. */
export interface RuleContext extends RunChange {
  readonly kind: AdmittedKind;
  /** The fields of the object that have the right type. */
  readonly view: RunView;
  /** The same fields of the object before the update; absent on creation. */
  readonly oldView?: RunView;
}

/** The findings of a rule. */
export interface Finding {
  /** Errors, which deny the request. */
  readonly errors?: readonly FieldError[];
  /** Warnings, which are shown to the user and do not deny the request. They never contain the value of a secret. */
  readonly warnings?: readonly string[];
}

export interface Rule {
  /** Stable, in kebab case. Names the file of the rule and of its test. */
  readonly id: string;
  check(context: RuleContext): Finding;
}

export const noFindings: Finding = {};
