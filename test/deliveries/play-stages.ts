/** Plays at their stages, and the events that move them. */
import type { DeliverySpec } from "#src/api/delivery.js";
import { DeliveryScene, suspendNode } from "./delivery-scene.js";

export const ann: Partial<DeliverySpec> = { sender: { login: "ann", id: 1, type: "User" } };
export const labelled: Partial<DeliverySpec> = { ...ann, action: "labeled", label: "ready-for-qa" };
export const pushed: Partial<DeliverySpec> = { action: "synchronize", revision: "cd34" };
export const creations = ({ writes }: DeliveryScene): string[] => writes.filter((write) => write.startsWith("create"));

/** A play that waits for its pull request. */
export function scene(): DeliveryScene {
  const made = new DeliveryScene();
  made.workflow("play", { a: suspendNode("a", "waiting-pr-created") });
  made.run("implementation", {}, { stage: "implementation", workflow: "play" });
  made.clock.advanceSync(60_000);
  return made;
}

/** A play in its first round. */
export async function inRound(): Promise<DeliveryScene> {
  const made = scene();
  made.deliver("opened");
  await made.settle("opened");
  made.clock.advanceSync(60_000);
  made.run("quality-1", { githubApp: "Acme-Cleo" }, { phase: "Running", stage: "quality", workflow: "play" });
  made.clock.advanceSync(60_000);
  return made;
}

/** A play whose first quality run has ended. */
export async function ready(): Promise<DeliveryScene> {
  const made = await inRound();
  made.end("quality-1");
  made.reach({ b: suspendNode("b", "waiting-ready-for-qa") });
  return made;
}

export const eventOf = (made: DeliveryScene, id: string): unknown => made.nodes()[id]?.outputs?.parameters?.[0]?.value;
