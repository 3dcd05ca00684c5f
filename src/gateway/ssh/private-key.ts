/** Private keys of SSH: in PEM (PKCS #1, SEC 1, PKCS #8), and in OpenSSH's own form (PROTOCOL.key of OpenSSH). */
import { createPrivateKey, createPublicKey, sign, type JsonWebKey, type KeyObject } from "node:crypto";
import { errorText } from "../../runtime/error-text.js";
import { SshReader, sshInteger, sshString } from "./ssh-wire.js";

/** The key cannot be used. The message completes "the SSH key ..." and contains nothing of the key. */
export class SshKeyError extends Error {}

export interface SshPrivateKey {
  /** Public key in SSH's form. */
  readonly blob: Buffer;
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  /**
   * A signature in SSH's form.
   *
   * @param flags of the agent protocol: 2 selects rsa-sha2-256, 4 rsa-sha2-512
   * @returns undefined for RSA without a flag, which would sign with SHA-1
   */
  sign(data: Buffer, flags: number): Buffer | undefined;
}

const beginning = "-----BEGIN OPENSSH PRIVATE KEY-----";
const passphrase = "has a passphrase: store a copy without one (ssh-keygen -p -N '' -f <file>)";
const wrongForm = "is not a private key in OpenSSH or PEM format";
const wrongType = "has a type that is not supported: use ed25519, ecdsa or rsa";

/** Bits of an RSA modulus: OpenSSH's own bound. */
const maxModulusBits = 16_384;

/** @throws SshKeyError */
export function parsePrivateKey(text: string): SshPrivateKey {
  // a Secret may have been written with Windows line breaks, or without the last one
  const pem = `${text.replaceAll("\r", "").trim()}\n`;
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem)) throw new SshKeyError(passphrase);
  try {
    return pem.startsWith(beginning) ? fromOpenSsh(pem) : ofKey(createPrivateKey(pem));
  } catch (error) {
    // errors of OpenSSL and of the reader contain nothing of the key, and mean nothing to its owner
    throw error instanceof SshKeyError ? error : new SshKeyError(wrongForm, { cause: errorText(error) });
  }
}

function fromOpenSsh(pem: string): SshPrivateKey {
  const [, base64 = ""] =
    /^-----BEGIN [A-Z ]+-----\n([A-Za-z0-9+/=\n]+)-----END OPENSSH PRIVATE KEY-----\n$/.exec(pem) ?? [];
  const bytes = Buffer.from(base64, "base64");
  const magic = "openssh-key-v1\0";
  if (bytes.subarray(0, magic.length).toString("latin1") !== magic) throw new SshKeyError(wrongForm);
  const file = new SshReader(bytes.subarray(magic.length));
  const cipher = file.string().toString();
  file.string(); // name and options of the key derivation, which only an encrypted key has
  file.string();
  if (cipher !== "none") throw new SshKeyError(passphrase);
  if (file.uint32() !== 1) throw new SshKeyError("must be the only one in its file");
  const declared = file.string();
  const secret = new SshReader(file.string());
  if (secret.uint32() !== secret.uint32()) throw new SshKeyError(wrongForm);
  const key = ofKey(createPrivateKey({ key: jwkOf(secret), format: "jwk" }));
  if (!key.blob.equals(declared)) throw new SshKeyError("does not match the public key in its own file");
  return key;
}

const base64url = (bytes: Buffer): string => bytes.toString("base64url");
const decoded = (text = ""): Buffer => Buffer.from(text, "base64url");

function jwkOf(secret: SshReader): JsonWebKey {
  const type = secret.string().toString();
  if (type === "ssh-ed25519") {
    const x = secret.string();
    return { kty: "OKP", crv: "Ed25519", x: base64url(x), d: base64url(secret.string().subarray(0, 32)) };
  }
  if (type === "ssh-rsa") return rsaJwk(secret);
  const curve = curves.find(({ name }) => type === `ecdsa-sha2-${name}`);
  if (curve === undefined) throw new SshKeyError(wrongType);
  secret.string(); // the curve's name again
  const point = secret.string();
  if (point.length !== 1 + 2 * curve.size || point[0] !== 4) throw new SshKeyError(wrongForm);
  return {
    ...{ kty: "EC", crv: curve.crv, x: base64url(point.subarray(1, 1 + curve.size)) },
    ...{ y: base64url(point.subarray(1 + curve.size)), d: base64url(padded(secret.integer(), curve.size)) },
  };
}

function rsaJwk(secret: SshReader): JsonWebKey {
  const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => secret.integer()) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  if (n.length * 8 > maxModulusBits) throw new SshKeyError(`has more than ${maxModulusBits} bits`);
  const number = (bytes: Buffer): bigint => BigInt(`0x0${bytes.toString("hex")}`);
  const rest = (prime: Buffer): Buffer => {
    if (number(prime) < 2n) throw new SshKeyError(wrongForm);
    const hex = (number(d) % (number(prime) - 1n)).toString(16);
    return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  };
  const parts = { n, e, d, p, q, dp: rest(p), dq: rest(q), qi };
  return { kty: "RSA", ...Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, base64url(value)])) };
}

const padded = (bytes: Buffer, size: number): Buffer =>
  bytes.length > size ? bytes : Buffer.concat([Buffer.alloc(size - bytes.length), bytes]);

const curves = [
  { name: "nistp256", crv: "P-256", size: 32, hash: "sha256" },
  { name: "nistp384", crv: "P-384", size: 48, hash: "sha384" },
  { name: "nistp521", crv: "P-521", size: 66, hash: "sha512" },
] as const;

function ofKey(key: KeyObject): SshPrivateKey {
  const { kty, crv, x, y, n, e } = createPublicKey(key).export({ format: "jwk" });
  if (kty === "OKP" && crv === "Ed25519") {
    const type = "ssh-ed25519";
    return {
      ...{ type, blob: Buffer.concat([sshString(type), sshString(decoded(x))]) },
      sign: (data) => Buffer.concat([sshString(type), sshString(sign(null, data, key))]),
    };
  }
  if (kty === "RSA") return rsaKey(key, decoded(n), decoded(e));
  const curve = kty === "EC" ? curves.find((each) => each.crv === crv) : undefined;
  if (curve === undefined) throw new SshKeyError(wrongType);
  const { name, size, hash } = curve;
  const type = `ecdsa-sha2-${name}`;
  const point = Buffer.concat([Buffer.from([4]), decoded(x), decoded(y)]);
  return {
    ...{ type, blob: Buffer.concat([sshString(type), sshString(name), sshString(point)]) },
    sign: (data) => {
      const pair = sign(hash, data, { key, dsaEncoding: "ieee-p1363" });
      const content = Buffer.concat([sshInteger(pair.subarray(0, size)), sshInteger(pair.subarray(size))]);
      return Buffer.concat([sshString(type), sshString(content)]);
    },
  };
}

function rsaKey(key: KeyObject, n: Buffer, e: Buffer): SshPrivateKey {
  if (n.length * 8 > maxModulusBits) throw new SshKeyError(`has more than ${maxModulusBits} bits`);
  return {
    type: "ssh-rsa",
    blob: Buffer.concat([sshString("ssh-rsa"), sshInteger(e), sshInteger(n)]),
    sign: (data, flags) => {
      const bits = (flags & 4) !== 0 ? "512" : (flags & 2) !== 0 ? "256" : undefined;
      if (bits === undefined) return undefined;
      return Buffer.concat([sshString(`rsa-sha2-${bits}`), sshString(sign(`sha${bits}`, data, key))]);
    },
  };
}
