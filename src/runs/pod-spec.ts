import type { Job } from "../runtime/client/objects.js";

/** The pod part of a Job's manifest. */
export type PodSpec = NonNullable<NonNullable<Job["spec"]>["template"]["spec"]>;
