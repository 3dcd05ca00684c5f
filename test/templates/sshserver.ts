/** A real ssh server on loopback, for one user and one key. */
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

  static async start(directory: string): Promise<SshServer> {
    const home = join(directory, "sshd");
    mkdirSync(home);
    mkdirSync("/run/sshd", { recursive: true });
    for (const name of ["host", "user"])
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", join(home, name)]);
    const port = await freePort();
    const config = [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${join(home, "host")}`,
      `AuthorizedKeysFile ${join(home, "user.pub")}`,
      ...["PidFile none", "StrictModes no", "UsePAM no", "PasswordAuthentication no", "PermitRootLogin yes"],
    ];
    writeFileSync(join(home, "config"), `${config.join("\n")}\n`);
    const process = spawn(sshd ?? "sshd", ["-D", "-e", "-f", join(home, "config")], { stdio: "ignore" });
    await eventually("sshd listens", () => accepts(port));
    const [type, key] = readFileSync(join(home, "host.pub"), "utf8").split(" ");
    return new SshServer(
      process,
      `ssh://${userInfo().username}@127.0.0.1:${port}`,
      readFileSync(join(home, "user"), "utf8"),
      `[127.0.0.1]:${port} ${type ?? ""} ${key ?? ""}\n`,
    );
  }

  stop(): void {
    this.process.kill();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("not listening");
  return address.port;
}

async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    }).once("error", () => resolve(false));
  });
}
