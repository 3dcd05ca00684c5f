import type { KubernetesObject } from "../client/objects.js";

/** Records Events about objects; never throws and never waits: an Event that can't be written is logged and counted. */
export interface EventRecorder {
  event(
    regarding: KubernetesObject,
    event: {
      readonly type: "Normal" | "Warning";
      /** CamelCase, stable. */
      readonly reason: string;
      /** CamelCase verb: what was done or not done. */
      readonly action: string;
      /** A sentence for people; cut at 1,024 bytes. */
      readonly note: string;
    },
  ): void;
}
