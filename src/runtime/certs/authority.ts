import { createPrivateKey as createKey, X509Certificate as NodeCertificate } from "node:crypto";
import { isIP } from "node:net";

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Milliseconds by which notBefore precedes the issuance: the API server's clock may be behind. */
export const backdate = 5 * 60_000;

/** Creates a certificate authority, P-256. `now` and `lifetime` are milliseconds; the name gets a random suffix. */
export async function createAuthority(commonName: string, now: number, lifetime: number): Promise<KeyPair> {
  return (await import("./issuing.js")).createAuthority(commonName, now, lifetime);
}

/** Issues a server certificate for DNS names and IP addresses. It expires with the authority at the latest. */
export async function issueLeaf(
  authority: KeyPair,
  names: readonly string[],
  now: number,
  lifetime: number,
): Promise<KeyPair> {
  return (await import("./issuing.js")).issueLeaf(authority, names, now, lifetime);
}

/** The certificates of a PEM bundle, without the unreadable ones. */
export function readBundle(bundle: string): NodeCertificate[] {
  const found: NodeCertificate[] = [];
  for (const match of bundle.matchAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)) {
    try {
      found.push(new NodeCertificate(match[0]));
    } catch {
      continue;
    }
  }
  return found;
}

/** True if a certificate of the bundle signed the leaf and both are valid now. */
export function chainsTo(leaf: string, bundle: string, now: number): boolean {
  const [certificate] = readBundle(leaf);
  if (certificate === undefined || !isValidAt(certificate, now)) return false;
  return readBundle(bundle).some(
    (ca) => isValidAt(ca, now) && certificate.checkIssued(ca) && certificate.verify(ca.publicKey),
  );
}

/** True if the authority signed the certificate, whether or not they are valid now. */
export function isSignedBy(certificate: string, authority: string): boolean {
  const [leaf] = readBundle(certificate);
  const [ca] = readBundle(authority);
  return leaf !== undefined && ca !== undefined && leaf.checkIssued(ca) && leaf.verify(ca.publicKey);
}

/** The DNS names and addresses in the certificate. */
export function namesOf(certificate: string): string[] {
  const [first] = readBundle(certificate);
  const entries = first?.subjectAltName?.split(", ") ?? [];
  return entries.flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? []);
}

/** True if the private key belongs to the certificate. */
export function isPair({ certificate, key }: KeyPair): boolean {
  try {
    const [first] = readBundle(certificate);
    return first?.checkPrivateKey(createKey(key)) ?? false;
  } catch {
    return false;
  }
}

/** When a certificate becomes valid and when it expires, in milliseconds since the epoch; undefined if unreadable. */
export function validity(certificate: string): { readonly from: number; readonly to: number } | undefined {
  const [first] = readBundle(certificate);
  if (first === undefined) return undefined;
  return { from: Date.parse(first.validFrom), to: Date.parse(first.validTo) };
}

/** True if the certificate covers all of the names. */
export function covers(certificate: string, names: readonly string[]): boolean {
  const [first] = readBundle(certificate);
  if (first === undefined) return false;
  return names.every((name) =>
    isIP(name) === 0 ? first.checkHost(name) !== undefined : first.checkIP(name) !== undefined,
  );
}

function isValidAt(certificate: NodeCertificate, now: number): boolean {
  return Date.parse(certificate.validFrom) <= now && now < Date.parse(certificate.validTo);
}
