/** A real ssh server, for one user and one key. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { eventually } from "../eventually.js";

const sshd = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd"].find((file) => existsSync(file));

/** Why there can be none here; undefined: there can. */
export const noSshServer =
  sshd === undefined ? "sshd is not installed" : userInfo().uid === 0 ? undefined : "sshd needs root here";

export class SshServer {
  private constructor(
    private readonly process: ChildProcess,
    /** `ssh://user@host:port` */
    readonly url: string,
    /** The key that it lets in. */
    readonly privateKey: string,
    /** Its line of a known_hosts file. */
    readonly knownHost: string,
  ) {}

  /** @param address where it listens */
  static async start(directory: string, address = "127.0.0.1"): Promise<SshServer> {
    const home = join(directory, "sshd");
    mkdirSync(home);
    mkdirSync("/run/sshd", { recursive: true });
    for (const name of ["host", "user"])
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", join(home, name)]);
    const port = await freePort(address);
    const config = [
      `ListenAddress ${address}:${port}`,
      `HostKey ${join(home, "host")}`,
      `AuthorizedKeysFile ${join(home, "user.pub")}`,
      ...["PidFile none", "StrictModes no", "UsePAM no", "PasswordAuthentication no", "PermitRootLogin yes"],
    ];
    writeFileSync(join(home, "config"), `${config.join("\n")}\n`);
    const process = spawn(sshd ?? "sshd", ["-D", "-e", "-f", join(home, "config")], { stdio: "ignore" });
    await eventually("sshd listens", () => accepts(address, port));
    const [type, key] = readFileSync(join(home, "host.pub"), "utf8").split(" ");
    return new SshServer(
      process,
      `ssh://${userInfo().username}@${address}:${port}`,
      readFileSync(join(home, "user"), "utf8"),
      `[${address}]:${port} ${type ?? ""} ${key ?? ""}\n`,
    );
  }

  stop(): void {
    this.process.kill();
  }
}

async function freePort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const listening = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (listening === null || typeof listening === "string") throw new Error("not listening");
  return listening.port;
}

async function accepts(address: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, address, () => {
      socket.destroy();
      resolve(true);
    }).once("error", () => resolve(false));
  });
}
