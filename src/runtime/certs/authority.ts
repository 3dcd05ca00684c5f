import "reflect-metadata";
import { createPrivateKey as createKey, randomBytes, X509Certificate as NodeCertificate, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  AuthorityKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  type JsonGeneralName,
} from "@peculiar/x509";

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Certificates are valid from this long before their making on: the API server's clock may be behind ours. */
export const backdate = 5 * 60_000;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** A new certificate authority, P-256. `now` and `lifetime` in milliseconds. */
export async function createAuthority(commonName: string, now: number, lifetime: number): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    // the serial tells two authorities of the same name apart, which chain building needs during a rotation
    name: `CN=${commonName}-${randomBytes(4).toString("hex")}`,
    notBefore: new Date(now - backdate),
    notAfter: new Date(now + lifetime),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey, false),
    ],
  });
  return { certificate: pem(certificate), key: await exportKey(keys.privateKey) };
}

/** A server certificate for DNS names and IP addresses, signed by the authority. */
export async function issueLeaf(
  authority: KeyPair,
  names: readonly string[],
  now: number,
  lifetime: number,
): Promise<KeyPair> {
  const issuer = new X509Certificate(authority.certificate);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const alternatives: JsonGeneralName[] = names.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value }));
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${names[0] ?? "webhook"}`.slice(0, 67),
    issuer: issuer.subject,
    notBefore: new Date(now - backdate),
    notAfter: new Date(Math.min(now + lifetime, issuer.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(alternatives),
      await AuthorityKeyIdentifierExtension.create(issuer, false),
      await SubjectKeyIdentifierExtension.create(keys.publicKey, false),
    ],
  });
  return { certificate: pem(certificate), key: await exportKey(keys.privateKey) };
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

function serialNumber(): string {
  const bytes = randomBytes(16);
  // positive and without a leading zero, as DER wants it
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
}

async function importKey(key: string): Promise<webcrypto.CryptoKey> {
  const der = createKey(key).export({ type: "pkcs8", format: "der" });
  return webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
}
