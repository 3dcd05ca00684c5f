/** The gateway as ssh-agent, with real ssh-keygen, ssh-add, ssh and sshd. */
import { execFile, execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import t, { type Test } from "tap";
import { sshString } from "#src/gateway/ssh/ssh-wire.js";
import { noSshServer, SshServer } from "../../templates/ssh-server.js";
import { newDirectory, serveGateway, type ServedGateway } from "../served-gateway.js";

const hasKeygen = existsSync("/usr/bin/ssh-keygen") && existsSync("/usr/bin/ssh-add");
const skip = hasKeygen ? false : "OpenSSH's client is not installed";

const keygen = (...args: string[]): string =>
  execFileSync("ssh-keygen", ["-q", "-N", "", ...args], { encoding: "utf8" });

interface Scene {
  readonly gateway: ServedGateway;
  readonly root: string;
  readonly secret: string;
  readonly sockets: { readonly prepare: string; readonly deliver: string };
}

async function scene(t: Test, key?: string, root = newDirectory(t)): Promise<Scene> {
  const [secret, prepare, deliver] = ["secret", "prepare", "deliver"].map((name) => {
    mkdirSync(join(root, name), { recursive: true });
    return join(root, name);
  }) as [string, string, string];
  if (key !== undefined) writeFileSync(join(secret, "ssh-privatekey"), key);
  const sockets = { prepare, deliver };
  const git = { repositories: [], credentials: {}, writeDirectory: deliver };
  const ssh = { directory: secret, secretName: "github-ssh-octocat", sockets };
  const gateway = await serveGateway(t, undefined, { git: { ...git, ssh } });
  return { gateway, root, secret, sockets };
}

interface Ended {
  readonly code: number;
  readonly text: string;
}

const withAgent = (directory: string, command: string, ...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { PATH: process.env.PATH, HOME: "/nowhere", SSH_AUTH_SOCK: join(directory, "agent.sock") };
    execFile(command, args, { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, text: `${stdout}${stderr}` }),
    );
  });

const types = [
  ["-t", "ed25519"],
  ["-t", "ecdsa", "-b", "256"],
  ["-t", "ecdsa", "-b", "384"],
  ["-t", "ecdsa", "-b", "521"],
  ["-t", "rsa", "-b", "2048"],
];

t.test(
  "keys of every type are listed and sign log-ins, in OpenSSH's form and in PEM",
  { skip: noSshServer ?? skip },
  async (t) => {
    const root = newDirectory(t);
    const server = await SshServer.start(root);
    t.teardown(() => server.stop());
    const authorized = join(root, "sshd/user.pub");
    const known = join(root, "known_hosts");
    writeFileSync(known, server.knownHost);
    const { secret, sockets, gateway } = await scene(t, undefined, root);
    const { hostname, port, username } = new URL(server.url);
    const login = (directory: string, ...more: string[]): Promise<Ended> =>
      withAgent(
        directory,
        ...["ssh", "-F", "/dev/null", "-o", "BatchMode=yes", "-o", "IdentityFile=none"],
        ...["-o", "StrictHostKeyChecking=yes", "-o", `UserKnownHostsFile=${known}`, ...more, "-p", port],
        ...[`${username}@${hostname}`, "echo", "logged-in"],
      );
    for (const type of types)
      for (const form of type.includes("ed25519") ? [[]] : [[], ["-m", "PEM"], ["-m", "PKCS8"]]) {
        const name = [...type, ...form].join(" ");
        const file = join(root, "key");
        for (const each of [file, `${file}.pub`]) rmSync(each, { force: true });
        keygen(...type, ...form, "-C", "", "-f", file);
        const publicKey = readFileSync(`${file}.pub`, "utf8").trim();
        writeFileSync(authorized, `${publicKey}\n`);
        // as somebody on Windows pastes it
        writeFileSync(join(secret, "ssh-privatekey"), readFileSync(file, "utf8").trimEnd().replaceAll("\n", "\r\n"));
        const listed = await withAgent(sockets.prepare, "ssh-add", "-L");
        t.ok(listed.text.startsWith(publicKey), `${name}: ${listed.text}`);
        t.equal(await (await fetch(`${gateway.url}/ssh/key`)).text(), `${publicKey}\n`, name);
        t.match(await login(sockets.prepare), { code: 0, text: "logged-in\n" }, name);
      }
    t.match(await login(sockets.deliver), { code: 0, text: "logged-in\n" });
    t.match(
      await login(sockets.deliver, "-o", "PubkeyAcceptedAlgorithms=rsa-sha2-256"),
      { code: 0, text: "logged-in\n" },
      "the other hash of RSA",
    );
    t.match(gateway.logged.at(-1), `{"socket":"deliver","user":"${username}","message":"ssh log-in signed"}`);
    writeFileSync(authorized, "");
    t.match(await login(sockets.deliver), { code: 255, text: /Permission denied \(publickey/ });
  },
);

t.test("it signs nothing but log-ins, takes no key and removes none", { skip }, async (t) => {
  const root = newDirectory(t);
  const file = join(root, "key");
  keygen("-t", "ed25519", "-C", "", "-f", file);
  const { sockets, gateway } = await scene(t, readFileSync(file, "utf8"), root);
  const other = join(root, "other");
  keygen("-t", "ed25519", "-f", other);
  const data = join(root, "data");
  writeFileSync(data, "a commit");
  t.match(await withAgent(sockets.deliver, "ssh-keygen", "-Y", "sign", "-n", "git", "-f", `${file}.pub`, data), {
    code: 255,
    text: /agent refused operation/,
  });
  t.match(await withAgent(sockets.deliver, "ssh-add", other), { code: 1, text: /agent refused operation/ });
  t.match(await withAgent(sockets.deliver, "ssh-add", "-D"), { code: 1 });
  t.match(await withAgent(sockets.deliver, "ssh-add", "-l"), { code: 0, text: /SHA256:.* \(ED25519\)/ });
  const blobOf = (name: string): Buffer =>
    Buffer.from(readFileSync(`${name}.pub`, "utf8").split(" ")[1] ?? "", "base64");
  const [blob, otherBlob] = [blobOf(file), blobOf(other)];
  interface Change {
    readonly session?: number;
    readonly type?: number;
    readonly service?: string;
    readonly method?: string;
    readonly signed?: number;
    readonly more?: string;
    /** The key of the log-in, and the one that is to sign it. */
    readonly own?: Buffer;
    readonly wanted?: Buffer;
  }
  const request = (user: string, change: Change = {}): Buffer => {
    const { session = 32, type = 50, service = "ssh-connection", method = "publickey", signed = 1, more = "" } = change;
    const { own = blob, wanted = blob } = change;
    const data = [
      ...[sshString(Buffer.alloc(session)), Buffer.from([type]), sshString(user), sshString(service)],
      ...[sshString(method), Buffer.from([signed]), sshString("ssh-ed25519"), sshString(own), Buffer.from(more)],
    ];
    const flags = Buffer.alloc(4);
    return sshString(Buffer.concat([Buffer.from([13]), sshString(wanted), sshString(Buffer.concat(data)), flags]));
  };
  t.equal((await exchange(sockets.deliver, request("git")))[4], 14, "the same request, unchanged, is signed");
  for (const change of [
    ...[{ session: 0 }, { session: 65 }, { service: "another" }, { signed: 0 }, { more: "x" }],
    ...[{ type: 51 }, { method: "password" }, { own: otherBlob }, { wanted: otherBlob }],
  ])
    t.same([...(await exchange(sockets.deliver, request("git", change)))], [0, 0, 0, 1, 5], JSON.stringify(change));
  for (const [name, bytes] of [
    ["an empty message", sshString("")],
    ["a string that ends early", sshString(Buffer.from([13, 0, 0, 1, 0, 1]))],
    ["an unknown request", sshString(Buffer.from([99]))],
  ] as const)
    t.same([...(await exchange(sockets.deliver, bytes))], [0, 0, 0, 1, 5], name);
  t.same([...(await exchange(sockets.deliver, Buffer.from([0, 1, 0, 0, 11])))], [], "a message too long to be read");
  t.match(gateway.logged.at(-1), /a message has 65536 bytes; at most 32768 are allowed/);
  t.equal(statSync(join(sockets.deliver, "agent.sock")).mode & 0o777, 0o660);
});

t.test("a key that cannot be used is named with its Secret and the remedy", { skip }, async (t) => {
  const root = newDirectory(t);
  const { secret, sockets, gateway } = await scene(t, undefined, root);
  const said = async (): Promise<string> => {
    const answer = await fetch(`${gateway.url}/ssh/key`);
    return `${answer.status} ${(await answer.text()).trim()}`;
  };
  t.equal(await said(), "403 the Secret github-ssh-octocat must have the key ssh-privatekey");
  t.match(await withAgent(sockets.prepare, "ssh-add", "-l"), { code: /[12]/ });
  const made = (name: string, ...args: string[]): string => {
    execFileSync("ssh-keygen", ["-q", "-f", join(root, name), ...args]);
    return readFileSync(join(root, name), "utf8");
  };
  const plain = made("plain", "-t", "ed25519", "-N", "");
  const passphrase = /the SSH key of the Secret github-ssh-octocat has a passphrase: store a copy without one/;
  for (const [content, words] of [
    [made("locked", "-t", "ed25519", "-N", "secret"), passphrase],
    [made("pem", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "secret"), passphrase],
    [made("pkcs8", "-t", "ecdsa", "-m", "PKCS8", "-N", "secret"), passphrase],
    [readFileSync(join(root, "plain.pub"), "utf8"), /is not a private key in OpenSSH or PEM format/],
    [`${plain.slice(0, 120)}\n-----END OPENSSH PRIVATE KEY-----\n`, /is not a private key in OpenSSH or PEM format/],
    [
      generateKeyPairSync("x25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      /use ed25519, ecdsa or rsa/,
    ],
    ["x".repeat(70_000), /the key ssh-privatekey of the Secret github-ssh-octocat cannot be read/],
  ] as const) {
    writeFileSync(join(secret, "ssh-privatekey"), content);
    t.match(await said(), words);
  }
  writeFileSync(join(secret, "ssh-privatekey"), plain);
  t.match(await said(), /^200 ssh-ed25519 /, "a key that is replaced counts at once");
});

t.test("known hosts that cannot be read allow no host, and not any", { skip }, async (t) => {
  const root = newDirectory(t);
  const file = join(root, "key");
  keygen("-t", "ed25519", "-f", file);
  mkdirSync(join(root, "secret"));
  writeFileSync(join(root, "secret/known_hosts"), "x".repeat(70_000));
  const { sockets, gateway } = await scene(t, readFileSync(file, "utf8"), root);
  const answer = await fetch(`${gateway.url}/ssh/key`);
  t.equal(answer.status, 403);
  t.match(await answer.text(), /the key known_hosts of the Secret github-ssh-octocat cannot be read/);
  for (const directory of Object.values(sockets)) t.equal(readFileSync(join(directory, "known_hosts"), "utf8"), "");
});

t.test(
  "known hosts are beside the sockets, and a gateway that starts again takes its sockets back",
  { skip },
  async (t) => {
    const root = newDirectory(t);
    const file = join(root, "key");
    keygen("-t", "ed25519", "-f", file);
    mkdirSync(join(root, "secret"));
    writeFileSync(join(root, "secret/known_hosts"), "git.example ssh-ed25519 AAAA\n");
    const first = await scene(t, readFileSync(file, "utf8"), root);
    for (const directory of Object.values(first.sockets))
      t.equal(readFileSync(join(directory, "known_hosts"), "utf8"), "git.example ssh-ed25519 AAAA\n");
    await first.gateway.stop();
    // what a killed one leaves
    writeFileSync(join(first.sockets.prepare, "agent.sock"), "");
    chmodSync(join(first.sockets.prepare, "agent.sock"), 0o400);
    rmSync(join(root, "secret/known_hosts"));
    const second = await scene(t, undefined, root);
    t.match(await withAgent(second.sockets.prepare, "ssh-add", "-l"), { code: 0 });
    t.notOk(existsSync(join(second.sockets.prepare, "known_hosts")));
  },
);

/** What a socket answers to these bytes, until it has answered once or closes. */
function exchange(directory: string, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(join(directory, "agent.sock"), () => socket.write(bytes));
    socket.once("data", (answer) => {
      socket.destroy();
      resolve(answer);
    });
    socket.once("close", () => resolve(Buffer.alloc(0)));
    socket.once("error", reject);
  });
}
