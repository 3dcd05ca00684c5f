/**
 * The protocol of ssh-agent (the Internet-Draft "SSH Agent Protocol") for one key: it lists the key, and signs log-ins of SSH. Everything else, such
 * as adding keys, extensions and signatures of other data, is refused.
 */
import type { SshPrivateKey } from "./private-key.js";
import { SshReader, SshWireError, sshString } from "./ssh-wire.js";

/** Bytes of one message. A request for a signature has a few hundred, with the key of a host some thousand. */
export const maxMessage = 32_768;

/** What one message led to. `user` logged in on the server. */
export interface AgentAnswer {
  readonly message: Buffer;
  readonly user?: string;
}

const failure = Buffer.from([5]);

/** @param message without its length */
export function answerAgentRequest(message: Buffer, key: SshPrivateKey): AgentAnswer {
  try {
    const request = new SshReader(message);
    switch (request.byte()) {
      case 11:
        return { message: identities(key) };
      case 13:
        return signature(request, key);
      default:
        return { message: failure };
    }
  } catch (error) {
    if (error instanceof SshWireError) return { message: failure };
    throw error;
  }
}

function identities({ blob, type }: SshPrivateKey): Buffer {
  return Buffer.concat([Buffer.from([12, 0, 0, 0, 1]), sshString(blob), sshString(`${type} of the run`)]);
}

function signature(request: SshReader, key: SshPrivateKey): AgentAnswer {
  const wanted = request.string();
  const data = request.string();
  const flags = request.uint32();
  const user = wanted.equals(key.blob) ? loginUser(data, key.blob) : undefined;
  const signed = user === undefined ? undefined : key.sign(data, flags);
  if (user === undefined || signed === undefined) return { message: failure };
  return { message: Buffer.concat([Buffer.from([14]), sshString(signed)]), user };
}

/**
 * The user of a log-in (RFC 4252, section 7); undefined if the data are something else. So nobody can have a commit or a file signed
 * with the key.
 */
function loginUser(data: Buffer, blob: Buffer): string | undefined {
  const login = new SshReader(data);
  const session = login.string();
  if (session.length < 16 || session.length > 64 || login.byte() !== 50) return undefined;
  const user = login.string().toString();
  const service = login.string().toString();
  const method = login.string().toString();
  const isSigned = login.byte() === 1;
  login.string(); // the algorithm, which the server checks
  const isOwn = login.string().equals(blob);
  // OpenSSH adds the key of the host
  if (method === "publickey-hostbound-v00@openssh.com") login.string();
  else if (method !== "publickey") return undefined;
  return service === "ssh-connection" && isSigned && isOwn && login.isAtEnd ? user : undefined;
}
