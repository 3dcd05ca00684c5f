import type { FieldError } from "../runtime/schema/field-error.js";
import type { Configuration } from "../configuration/configuration.js";
import type { FileSchemas } from "../templates/file-schemas.js";
import type { AdmittedKind, AnyRun } from "./kind.js";
import type { RunView } from "./view.js";

/** The runs of a kind that are there already: from a cache, or from the other documents that are checked together. */
export interface RunLookup {
  /** True where there may be more than this knows of: then it says nothing that one isn't there. */
  readonly partial?: boolean;
  get(namespace: string, name: string): AnyRun | undefined;
  /** All that are at a piece of work, by the key of it that their kind gives, whatever their phase. */
  byWork(namespace: string, key: string): readonly AnyRun[];
}

/**
 * Whether other objects are there. Absent where that can't be known, as offline: then nothing is said about it. Secrets are not
 * among them (docs/adr/011).
 */
export interface Surroundings {
  readonly serviceAccountExists?: (namespace: string, name: string) => boolean;
}

/** What is to be decided about. */
export interface RunChange {
  /** With its defaults. */
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

/** What a rule is given. */
export interface RuleContext extends RunChange {
  readonly kind: AdmittedKind;
  /** The object with only what has its right type. */
  readonly view: RunView;
  /** The object before the update, in the same way. */
  readonly oldView?: RunView;
}

/** What a rule has to say; nothing where all is well. */
export interface Finding {
  readonly errors?: readonly FieldError[];
  /** For the user to read, not in the way of the request; never holds the value of a secret. */
  readonly warnings?: readonly string[];
}

/** One law about runs. */
export interface Rule {
  /** Stable, in kebab case; named in tests and documentation. */
  readonly id: string;
  check(context: RuleContext): Finding;
}

/** What a rule answers where all is well. */
export const nothing: Finding = {};
