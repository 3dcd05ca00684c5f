import type { ClusterState, NodeMode } from "./state.js";

/** The first line on a supervisor's standard input. A second line, `detach`, lets it outlive its starter. */
export interface StartRequest {
  readonly name: string;
  readonly node: NodeMode;
  readonly internet: boolean;
  readonly controllerManager: boolean;
  readonly scheduler: boolean;
  readonly audit: boolean;
  readonly apiServerFlags: readonly string[];
  readonly binaries: Readonly<Record<string, string>>;
  /** Paths of kwok's stages; used only for a simulated node. */
  readonly kwokStages: readonly string[];
  readonly kubeconfig?: string;
}

export const DETACH = "detach";

/** The lines on a supervisor's standard output. */
export type SupervisorEvent =
  | { readonly progress: string }
  | { readonly ready: ClusterState }
  | { readonly taken: true }
  | { readonly failed: string };
