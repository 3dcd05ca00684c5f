/** Signatures of deliveries, as Standard Webhooks 1.0 defines them: receivers can use any of its libraries. */
import { createHmac } from "node:crypto";
import { readFile, stat } from "node:fs/promises";

/** A key has at least as many bytes as guessing it would be hopeless for; the standard's range is 24 to 64. */
const minKeyBytes = 24;
const maxKeyBytes = 64;

/** A file of keys is a few lines. */
const maxFileBytes = 4096;

/** Keys in a file, one a line, each `whsec_` and base64. During a rotation it holds the old and the new one. */
export async function readSigningKeys(file: string): Promise<Buffer[]> {
  const { size } = await stat(file);
  if (size > maxFileBytes) throw new Error(`${file} is larger than ${maxFileBytes} bytes`);
  const lines = (await readFile(file, "utf8")).split("\n").map((line) => line.trim());
  const keys = lines.filter((line) => line !== "").map((line, index) => signingKey(line, `${file}, key ${index + 1}`));
  if (keys.length === 0) throw new Error(`${file} contains no key`);
  return keys;
}

function signingKey(line: string, place: string): Buffer {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
  const key = Buffer.from(base64 ?? "", "base64");
  if (key.length < minKeyBytes || key.length > maxKeyBytes)
    throw new Error(`${place} is not whsec_ and the base64 of ${minKeyBytes} to ${maxKeyBytes} bytes`);
  return key;
}

/** The three headers of a delivery. @param timestamp seconds since 1970 */
export function signatureHeaders(
  keys: readonly Buffer[],
  id: string,
  timestamp: number,
  body: string,
): Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string> {
  const signed = `${id}.${timestamp}.${body}`;
  const signatures = keys.map((key) => `v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
  return { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": signatures.join(" ") };
}
