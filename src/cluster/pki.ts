import "reflect-metadata"; // @peculiar/x509 asks for it before itself
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
} from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A local cluster lives for hours; ten years spare everyone a surprise, and its CA dies with it. */
const lifetimeMilliseconds = 10 * 365 * 86_400_000;

interface CertificateRequest {
  readonly file: string;
  readonly commonName: string;
  readonly organization?: string;
  /** Present for server certificates: names and addresses it is valid for. */
  readonly hosts?: readonly string[];
}

/** The files of a cluster's public key infrastructure, in one directory of mode 0700. */
export interface Pki {
  readonly directory: string;
  readonly ca: string;
  readonly caKey: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
  readonly certificate: (file: string) => string;
  readonly key: (file: string) => string;
}

/** Where the files of a cluster's PKI are. */
export function pkiAt(directory: string): Pki {
  return {
    directory,
    ca: join(directory, "ca.crt"),
    caKey: join(directory, "ca.key"),
    serviceAccountKey: join(directory, "service-accounts.key"),
    serviceAccountPublicKey: join(directory, "service-accounts.pub"),
    certificate: (file) => join(directory, `${file}.crt`),
    key: (file) => join(directory, `${file}.key`),
  };
}

/** Makes a CA, the certificates asked for, and the key that service account tokens are signed with. */
export async function createPki(directory: string, requests: readonly CertificateRequest[]): Promise<Pki> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const files = pkiAt(directory);
  const notBefore = new Date(Date.now() - 3_600_000); // containers and hosts may disagree on the time
  const notAfter = new Date(Date.now() + lifetimeMilliseconds);

  const caKeys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const ca = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: "CN=agent-orchestrator local cluster",
    notBefore,
    notAfter,
    keys: caKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  writeFileSync(files.ca, `${ca.toString("pem")}\n`);
  writeFileSync(files.caKey, await privatePem(caKeys.privateKey), { mode: 0o600 });

  await Promise.all(
    requests.map(async ({ file, commonName, organization, hosts }) => {
      const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const usages =
        hosts === undefined
          ? [ExtendedKeyUsage.clientAuth]
          : [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth];
      const certificate = await X509CertificateGenerator.create({
        serialNumber: serial(),
        subject: `CN=${commonName}${organization === undefined ? "" : `, O=${organization}`}`,
        issuer: ca.subject,
        notBefore,
        notAfter,
        publicKey: keys.publicKey,
        signingKey: caKeys.privateKey,
        signingAlgorithm: algorithm,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension(usages),
          await AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
          ...(hosts === undefined
            ? []
            : [
                new SubjectAlternativeNameExtension(
                  hosts.map((value) => ({ type: isIP(value) ? "ip" : "dns", value })),
                ),
              ]),
        ],
      });
      writeFileSync(files.certificate(file), `${certificate.toString("pem")}\n`);
      writeFileSync(files.key(file), await privatePem(keys.privateKey), { mode: 0o600 });
    }),
  );

  const tokens = generateKeyPairSync("ec", { namedCurve: "P-256" });
  writeFileSync(files.serviceAccountKey, tokens.privateKey.export({ type: "sec1", format: "pem" }), { mode: 0o600 });
  writeFileSync(files.serviceAccountPublicKey, tokens.publicKey.export({ type: "spki", format: "pem" }));
  return files;
}

function serial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40; // positive, and never with a leading zero octet
  return Buffer.from(bytes).toString("hex");
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const body = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${body.replace(/.{64}/g, "$&\n").trimEnd()}\n-----END PRIVATE KEY-----\n`;
}
