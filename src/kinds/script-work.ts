import type { Variables } from "./container.js";
import type { GitAccess } from "./git.js";
import type { ModelUser } from "./model-access.js";
import type { TelemetryIdentity } from "./telemetry.js";
import type { CodeRunSpec } from "../api/coderun.js";
import type { Attempt } from "../runs/run.js";

/** What a pod of `script-pod.ts` is made from. */
export interface ScriptWork {
  readonly spec: Pick<CodeRunSpec, "image" | "imagePullPolicy" | "serviceAccountName" | "priority" | "resources">;
  readonly attempt: Attempt;
  readonly telemetry: TelemetryIdentity;
  readonly models: ModelUser;
  readonly access: GitAccess;
  /** Whether what the agent commits is pushed. */
  readonly isDelivered: boolean;
  /** Variables that identify the work. They win over all others. */
  readonly identityEnv: Readonly<Record<string, string>>;
  /** Variables that the run itself requests. */
  readonly requestedEnv: Variables;
  /** Secrets whose keys all become variables. */
  readonly wholeSecrets: readonly string[];
  readonly docker: boolean;
}
