import "reflect-metadata"; // @peculiar/x509 needs it to be imported first
import { generateKeyPairSync, webcrypto } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** Ten years: certificates must not expire during a cluster's life, and its CA is deleted with it. */
const lifetimeMilliseconds = 10 * 365 * 86_400_000;

/**
 * Who signs, each trusted in one place alone: `ca` for servers, and for nothing else; `client-ca` for users of the API
 * server and the kubelet; `front-proxy-ca` for the API server in front of others, which may speak for any user; `etcd-ca`
 * on both sides of etcd, which serves everything to everybody that it lets in.
 */
const authorities = ["ca", "client-ca", "front-proxy-ca", "etcd-ca"] as const;

type AuthorityName = (typeof authorities)[number];

interface CertificateRequest {
  readonly file: string;
  /** Default: `ca` with `hosts`, and else `client-ca`. */
  readonly authority?: AuthorityName;
  readonly commonName: string;
  readonly organization?: string;
  /** The names and addresses of a server certificate; absent for client certificates. */
  readonly hosts?: readonly string[];
}

/** The files of a cluster's public key infrastructure, in one directory of mode 0700. */
export interface Pki {
  readonly directory: string;
  /** Of servers, but for etcd. */
  readonly ca: string;
  readonly caKey: string;
  readonly clientCa: string;
  readonly clientCaKey: string;
  readonly frontProxyCa: string;
  readonly etcdCa: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
  readonly certificate: (file: string) => string;
  readonly key: (file: string) => string;
}

/** The paths of a cluster's PKI files. */
export function pkiAt(directory: string): Pki {
  return {
    directory,
    ca: join(directory, "ca.crt"),
    caKey: join(directory, "ca.key"),
    clientCa: join(directory, "client-ca.crt"),
    clientCaKey: join(directory, "client-ca.key"),
    frontProxyCa: join(directory, "front-proxy-ca.crt"),
    etcdCa: join(directory, "etcd-ca.crt"),
    serviceAccountKey: join(directory, "service-accounts.key"),
    serviceAccountPublicKey: join(directory, "service-accounts.pub"),
    certificate: (file) => join(directory, `${file}.crt`),
    key: (file) => join(directory, `${file}.key`),
  };
}

/** Creates the authorities, the requested certificates, and the key that signs ServiceAccount tokens. */
export async function createPki(directory: string, requests: readonly CertificateRequest[]): Promise<Pki> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const files = pkiAt(directory);
  const signers = new Map<AuthorityName, Authority>();
  for (const name of authorities) {
    const authority = await createAuthority(name);
    signers.set(name, authority);
    writeFileSync(files.certificate(name), `${authority.certificate.toString("pem")}\n`);
    writeFileSync(files.key(name), await privatePem(authority.key), { mode: 0o600 });
  }
  await Promise.all(
    requests.map(async (request) => {
      const name = request.authority ?? (request.hosts === undefined ? "client-ca" : "ca");
      const authority = signers.get(name);
      if (authority === undefined) throw new Error(`no authority ${name}`);
      await issue(request, authority, files);
    }),
  );

  const tokens = generateKeyPairSync("ec", { namedCurve: "P-256" });
  writeFileSync(files.serviceAccountKey, tokens.privateKey.export({ type: "sec1", format: "pem" }), { mode: 0o600 });
  writeFileSync(files.serviceAccountPublicKey, tokens.publicKey.export({ type: "spki", format: "pem" }));
  return files;
}

interface Authority {
  readonly certificate: X509Certificate;
  readonly key: webcrypto.CryptoKey;
  readonly publicKey: webcrypto.CryptoKey;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

async function createAuthority(authority: AuthorityName): Promise<Authority> {
  const notBefore = new Date(Date.now() - 3_600_000); // clocks of containers and hosts may differ
  const notAfter = new Date(Date.now() + lifetimeMilliseconds);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=agent-orchestrator local cluster ${authority}`,
    notBefore,
    notAfter,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, key: keys.privateKey, publicKey: keys.publicKey, notBefore, notAfter };
}

/** Issues a certificate and writes it with its key. */
async function issue(
  { file, commonName, organization, hosts }: CertificateRequest,
  authority: Authority,
  files: Pki,
): Promise<void> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  // etcd has a certificate for both sides, since its gateway is a client of its own
  const usages =
    hosts === undefined
      ? [ExtendedKeyUsage.clientAuth]
      : [ExtendedKeyUsage.serverAuth, ...(file === "etcd" ? [ExtendedKeyUsage.clientAuth] : [])];
  const names = hosts?.map((value) => ({ type: isIP(value) ? ("ip" as const) : ("dns" as const), value }));
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${commonName}${organization === undefined ? "" : `, O=${organization}`}`,
    issuer: authority.certificate.subject,
    notBefore: authority.notBefore,
    notAfter: authority.notAfter,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension(usages),
      await AuthorityKeyIdentifierExtension.create(authority.publicKey),
      ...(names === undefined ? [] : [new SubjectAlternativeNameExtension(names)]),
    ],
  });
  writeFileSync(files.certificate(file), `${certificate.toString("pem")}\n`);
  writeFileSync(files.key(file), await privatePem(keys.privateKey), { mode: 0o600 });
}

function serial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40; // positive, and without a leading zero octet
  return Buffer.from(bytes).toString("hex");
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const body = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${body.replace(/.{64}/g, "$&\n").trimEnd()}\n-----END PRIVATE KEY-----\n`;
}
