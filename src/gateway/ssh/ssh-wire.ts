/** The data types of SSH (RFC 4251, section 5): length-prefixed strings, and integers in two's complement. */

/** The bytes end early, or a length exceeds them. */
export class SshWireError extends Error {}

export class SshReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** @throws SshWireError */
  byte(): number {
    return this.#take(1).readUInt8();
  }

  /** @throws SshWireError */
  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  /** A view, not a copy. @throws SshWireError */
  string(): Buffer {
    return this.#take(this.uint32());
  }

  /** The magnitude of an integer, without leading zeros. @throws SshWireError for a negative one */
  integer(): Buffer {
    const bytes = this.string();
    if (((bytes[0] ?? 0) & 0x80) !== 0) throw new SshWireError("an integer is negative");
    return magnitude(bytes);
  }

  #take(count: number): Buffer {
    if (count > this.#bytes.length - this.#at) throw new SshWireError("the data ends early");
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}

/** One string after its length. */
export function sshString(content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A non-negative integer: a zero byte precedes a magnitude whose first bit is set. */
export function sshInteger(bytes: Buffer): Buffer {
  const value = magnitude(bytes);
  return sshString(((value[0] ?? 0) & 0x80) === 0 ? value : Buffer.concat([Buffer.alloc(1), value]));
}

function magnitude(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? Buffer.alloc(0) : bytes.subarray(first);
}
