import { createPrivateKey as createKey, X509Certificate as NodeCertificate } from "node:crypto";
import { isIP } from "node:net";

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Certificates are valid from this long before their making on: the API server's clock may be behind ours. */
export const backdate = 5 * 60_000;

/** A new certificate authority, P-256. `now` and `lifetime` in milliseconds. */
export async function createAuthority(commonName: string, now: number, lifetime: number): Promise<KeyPair> {
  return (await import("./issuing.js")).createAuthority(commonName, now, lifetime);
}

/** A server certificate for DNS names and IP addresses, signed by the authority. */
export async function issueLeaf(
  authority: KeyPair,
  names: readonly string[],
  now: number,
  lifetime: number,
): Promise<KeyPair> {
  return (await import("./issuing.js")).issueLeaf(authority, names, now, lifetime);
}

/** The certificates of a PEM bundle; what can't be read is left out. */
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

/** True where a certificate of the bundle signed the leaf and both are valid now. */
export function chainsTo(leaf: string, bundle: string, now: number): boolean {
  const [certificate] = readBundle(leaf);
  if (certificate === undefined || !isValidAt(certificate, now)) return false;
  return readBundle(bundle).some(
    (ca) => isValidAt(ca, now) && certificate.checkIssued(ca) && certificate.verify(ca.publicKey),
  );
}

/** True where the authority signed the certificate; says nothing of their times. */
export function isSignedBy(certificate: string, authority: string): boolean {
  const [leaf] = readBundle(certificate);
  const [ca] = readBundle(authority);
  return leaf !== undefined && ca !== undefined && leaf.checkIssued(ca) && leaf.verify(ca.publicKey);
}

/** The DNS names and addresses that the certificate speaks for. */
export function namesOf(certificate: string): string[] {
  const [first] = readBundle(certificate);
  const entries = first?.subjectAltName?.split(", ") ?? [];
  return entries.flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? []);
}

/** True where the private key belongs to the certificate. */
export function isPair({ certificate, key }: KeyPair): boolean {
  try {
    const [first] = readBundle(certificate);
    return first?.checkPrivateKey(createKey(key)) ?? false;
  } catch {
    return false;
  }
}

/** When a certificate's time ends and how long it lasts in all, in milliseconds; undefined where it can't be read. */
export function validity(certificate: string): { readonly from: number; readonly to: number } | undefined {
  const [first] = readBundle(certificate);
  if (first === undefined) return undefined;
  return { from: Date.parse(first.validFrom), to: Date.parse(first.validTo) };
}

/** True where the certificate speaks for all the names. */
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
