import { DEMO_AGENT_IMAGE, demoAgentImage } from "./demo-agent.js";
import { OPERATOR_IMAGE, operatorImage } from "./operator-image.js";

/** An image that this checkout builds. */
export interface BuiltImage {
  /** The reference in pods. */
  readonly image: string;
  /** Writes it as an archive. */
  readonly write: (file: string) => Promise<void>;
}

/** The images that `orchestrator cluster load-image` builds, by their short names. */
export const builtImages: ReadonlyMap<string, BuiltImage> = new Map([
  ["demo-agent", { image: DEMO_AGENT_IMAGE, write: demoAgentImage }],
  ["operator", { image: OPERATOR_IMAGE, write: operatorImage }],
]);
