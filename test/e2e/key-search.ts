/**
 * A search for keys, as a program for Node.js that runs in a container: in the environment and arguments of all processes, in their memory, in
 * files, and in what servers on the pod's loopback and Unix sockets answer. The same program runs as the agent and as the gateway, so that
 * finding nothing as the one means something.
 */

/** What it prints after this word: by key, the kinds of places that have it, as JSON. */
export const searchMark = "found-keys:";

type Place = "environment" | "arguments" | "memory" | "files" | "sockets";

/** @param keys that were planted */
export const searchProgram = (keys: readonly string[]): string => `
const fs = require("node:fs"), net = require("node:net"), http = require("node:http");
// in another spelling: the program itself is in the environment of the agent
const keys = ${JSON.stringify(keys.map((key) => Buffer.from(key).toString("hex")))}.map((key) => Buffer.from(key, "hex"));
const found = keys.map(() => new Set());
const see = (place, bytes) => keys.forEach((key, index) => bytes.includes(key) && found[index].add(place));
const quietly = (read) => { try { return read(); } catch { return undefined; } };
const pids = () => fs.readdirSync("/proc").filter((name) => /^\\d+$/.test(name) && Number(name) !== process.pid);
let [searched, regions] = [0, 0];

for (const pid of ["self", ...pids()]) {
  for (const [file, place] of [["environ", "environment"], ["cmdline", "arguments"]])
    quietly(() => see(place, fs.readFileSync("/proc/" + pid + "/" + file)));
}

const chunk = Buffer.alloc(1 << 20);
function memory(pid) {
  const memory = fs.openSync("/proc/" + pid + "/mem", "r");
  for (const line of fs.readFileSync("/proc/" + pid + "/maps", "utf8").split("\\n")) {
    const [, start, end] = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line) ?? [];
    if (start === undefined || /\\[v(var|syscall)/.test(line)) continue;
    // what V8 has only reserved is large
    for (let at = BigInt("0x" + start), last = BigInt("0x" + end); at < last; at += BigInt(chunk.length - 256)) {
      const size = Number(last - at < BigInt(chunk.length) ? last - at : BigInt(chunk.length));
      const count = quietly(() => fs.readSync(memory, chunk, 0, size, at));
      if (count === undefined) break;
      regions++;
      see("memory", chunk.subarray(0, count));
    }
  }
  fs.closeSync(memory);
}
for (const pid of pids()) quietly(() => memory(pid));

function files(directory) {
  for (const entry of quietly(() => fs.readdirSync(directory || "/", { withFileTypes: true })) ?? []) {
    const path = directory + "/" + entry.name;
    if (entry.isDirectory()) { if (!/^\\/(proc|sys|dev)$/.test(path)) files(path); continue; }
    const stat = quietly(() => fs.statSync(path));
    if (stat === undefined || !stat.isFile() || stat.size > 4 << 20) continue;
    quietly(() => { see("files", fs.readFileSync(path)); searched++; });
  }
}
files("");
quietly(() => files("/dev/shm"));

const paths = ["/", "/healthz", "/metrics", "/keys", "/anthropic/v1/models", "/anthropic/../keys", "/git/", "/gateway/keys/anthropic/key", "/%2e%2e/gateway/keys/anthropic/key"];
const ask = (options) => new Promise((resolve) => {
  const request = http.get({ ...options, timeout: 3000 }, (answer) => {
    answer.on("data", (data) => see("sockets", data));
    answer.on("close", resolve);
    see("sockets", Buffer.from(JSON.stringify(answer.headers)));
  });
  request.on("error", resolve);
  request.on("timeout", () => request.destroy());
});
(async () => {
  const listening = new Set();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"])
    for (const [, port] of (quietly(() => fs.readFileSync(table, "utf8")) ?? "").matchAll(/^ *\\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:0000 0A /gm)) listening.add(parseInt(port, 16));
  for (const port of listening) for (const path of paths) await ask({ host: "127.0.0.1", port, path });
  for (const [, socketPath] of (quietly(() => fs.readFileSync("/proc/net/unix", "utf8")) ?? "").matchAll(/ (\\/\\S+)$/gm)) await ask({ socketPath, path: "/" });
  console.log(${JSON.stringify(searchMark)} + JSON.stringify({ places: found.map((places) => [...places].sort()), searched, regions, ports: [...listening] }));
})();
`;

/** What the program found. */
export interface Found {
  /** For each key. */
  readonly places: readonly (readonly Place[])[];
  /** Files, and pieces of memory, that could be read. */
  readonly searched: number;
  readonly regions: number;
  /** On which a server listens. */
  readonly ports: readonly number[];
}

/** What the program has printed; undefined if it has not yet. */
export function foundIn(output: string): Found | undefined {
  const line = output.split("\n").find((each) => each.startsWith(searchMark));
  return line === undefined ? undefined : (JSON.parse(line.slice(searchMark.length)) as Found);
}
