/** Signatures of GitHub's webhooks: https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries. */
import { createHmac, timingSafeEqual } from "node:crypto";

/** The digest of a header `X-Hub-Signature-256`; undefined if the header is invalid. */
export function signatureDigest(header: string | undefined): Buffer | undefined {
  const [, hex] = /^sha256=([0-9a-fA-F]{64})$/.exec(header ?? "") ?? [];
  return hex === undefined ? undefined : Buffer.from(hex, "hex");
}

/** Whether one of the secrets signed these bytes. Takes as long for a wrong digest as for a right one. */
export function isSigned(body: Uint8Array, digest: Buffer, secrets: readonly Buffer[]): boolean {
  let matches = false;
  for (const secret of secrets) {
    const expected = createHmac("sha256", secret).update(body).digest();
    // every secret is tried: the time must not tell which one matched
    if (timingSafeEqual(expected, digest)) matches = true;
  }
  return matches;
}
