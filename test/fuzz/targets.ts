import { admission } from "./admission-target.js";
import { commandTargets } from "./command-targets.js";
import type { FuzzTarget } from "./fuzz-target.js";
import { textTargets } from "./text-targets.js";
import { webhook } from "./webhook-target.js";

/** Every reader of foreign bytes. */
export const targets: readonly FuzzTarget[] = [admission, ...textTargets, ...commandTargets, webhook];
