/** The run's SSH key, in a mounted Secret. It is read for each use: a key that is replaced counts at once. */
import { join } from "node:path";
import { readBoundedFile } from "../../runtime/input/bounded-file.js";
import { parsePrivateKey, SshKeyError, type SshPrivateKey } from "./private-key.js";

/** Bytes of one key of the Secret. */
const maxBytes = 65_536;

export interface SshKeyOptions {
  /** Has the files `ssh-privatekey` and, optionally, `known_hosts`. */
  readonly directory: string;
  /** For messages. */
  readonly secretName: string;
}

export class SshKey {
  readonly #options: SshKeyOptions;
  #parsed: { readonly text: string; readonly key: SshPrivateKey } | undefined;

  constructor(options: SshKeyOptions) {
    this.#options = options;
  }

  /** @throws SshKeyError that names the Secret */
  async privateKey(): Promise<SshPrivateKey> {
    const { secretName } = this.#options;
    const text = await this.#read("ssh-privatekey");
    if (text === undefined) throw new SshKeyError(`the Secret ${secretName} must have the key ssh-privatekey`);
    if (this.#parsed?.text === text) return this.#parsed.key;
    try {
      const key = parsePrivateKey(text);
      this.#parsed = { text, key };
      return key;
    } catch (error) {
      if (!(error instanceof SshKeyError)) throw error;
      throw new SshKeyError(`the SSH key of the Secret ${secretName} ${error.message}`, { cause: error });
    }
  }

  /** Undefined: any host is accepted on first use. */
  async knownHosts(): Promise<string | undefined> {
    return await this.#read("known_hosts");
  }

  /** Its lines, which a search looks for. */
  async secrets(): Promise<readonly string[]> {
    const text = (await this.#read("ssh-privatekey")) ?? "";
    return text.split("\n").filter((line) => !line.startsWith("-----"));
  }

  async #read(name: string): Promise<string | undefined> {
    const { directory, secretName } = this.#options;
    try {
      return (await readBoundedFile(join(directory, name), maxBytes))?.toString();
    } catch (error) {
      throw new SshKeyError(`the key ${name} of the Secret ${secretName} cannot be read`, { cause: error });
    }
  }
}
