/**
 * What a push asks for: the list of references before the objects, by git's own protocol (git-scm.com/docs, "How packs are
 * transferred over-the-wire").
 */

/** Bytes in which the list has to end. One update of one branch needs some hundred. */
export const maxCommands = 65_536;

/** More bytes are needed; a probe, which changes nothing; or the only update. */
export type PushCommands =
  | { readonly state: "incomplete" }
  | { readonly state: "probe" }
  | {
      readonly state: "update";
      readonly reference: string;
      readonly isDeletion: boolean;
      readonly isMultiplexed: boolean;
    };

/** The push is no update of one reference. */
export class PushError extends Error {
  /** @param isMultiplexed whether git reads its answer in bands, of which one is for errors (its capability side-band-64k) */
  constructor(
    message: string,
    readonly isMultiplexed = false,
  ) {
    super(message);
  }
}

/** Reads the beginning of a push. @throws PushError unless it is exactly one update */
export function readPushCommands(bytes: Buffer): PushCommands {
  const updates: { reference: string; isDeletion: boolean }[] = [];
  let isMultiplexed = false;
  for (let at = 0; ;) {
    if (bytes.length < at + 4) return incomplete(bytes);
    const digits = bytes.toString("latin1", at, at + 4);
    if (!/^[0-9a-f]{4}$/i.test(digits)) throw new PushError("it is not git's protocol");
    const length = parseInt(digits, 16);
    if (length === 0) break;
    if (length < 5) throw new PushError("it is not git's protocol");
    if (bytes.length < at + length) return incomplete(bytes);
    const line = bytes.toString("utf8", at + 4, at + length).replace(/\n$/, "");
    at += length;
    // a shallow repository says where its history ends
    if (/^shallow [0-9a-f]{40,64}$/.test(line)) continue;
    const [command = "", capabilities = ""] = line.split("\0");
    isMultiplexed ||= capabilities.split(" ").includes("side-band-64k");
    const [, to = "", reference] = /^[0-9a-f]{40,64} ([0-9a-f]{40,64}) (\S+)$/.exec(command) ?? [];
    if (reference === undefined)
      throw new PushError("it has a command other than the update of a branch", isMultiplexed);
    updates.push({ reference, isDeletion: /^0+$/.test(to) });
    if (updates.length > 1) throw new PushError("it updates more than one reference", isMultiplexed);
  }
  const [update] = updates;
  return update === undefined ? { state: "probe" } : { state: "update", ...update, isMultiplexed };
}

function incomplete({ length }: Buffer): PushCommands {
  if (length > maxCommands) throw new PushError(`its list of references exceeds ${maxCommands} bytes`);
  return { state: "incomplete" };
}
