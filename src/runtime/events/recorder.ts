import type { KubernetesObject } from "../client/objects.js";

/** Records Events about objects. */
export interface EventRecorder {
  /** Never throws and never blocks: an Event that cannot be written is logged, counted and dropped. */
  event(
    regarding: KubernetesObject,
    event: {
      readonly type: "Normal" | "Warning";
      /** CamelCase; stable, since users select by it. */
      readonly reason: string;
      /** CamelCase verb: what was done or failed. */
      readonly action: string;
      /** A sentence for users; cut at 1,024 bytes. */
      readonly note: string;
    },
  ): void;
}
