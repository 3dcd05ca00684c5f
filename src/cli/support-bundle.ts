import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { Command } from "commander";
import { pack, type Pack } from "tar-stream";
import type { HttpClient } from "../runtime/client/http.js";
import { errorText } from "../runtime/error-text.js";
import { clientOf } from "./cluster-access.js";
import { operatorNamespace } from "./cluster-configuration.js";
import { countOf, processIo, UsageError, withExitCode, type CommandIo } from "./io.js";
import { bundleFiles, type BundleFile } from "./support-bundle/contents.js";
import { withOperatorOptions } from "./operator-options.js";

interface Options {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly runsNamespace?: string;
  readonly file?: string;
  readonly lines: string;
}

/** Milliseconds for all requests to the cluster. */
const timeout = 120_000;
/** Bytes of all files before compression. */
const mostBytes = 100 * 1024 * 1024;
const mostLines = 100_000;

/**
 * `orchestrator support-bundle`: the state of an installation in one file, to attach to a report. It changes nothing in the cluster.
 *
 * Exit codes: 0 written, also if the rights were not enough for everything; 2 wrong usage, no cluster, or the file cannot be written.
 */
export function supportBundleCommand(io: CommandIo = processIo): Command {
  return withOperatorOptions(
    new Command("support-bundle").description(
      "write the state of an installation to one file, without secrets, prompts or agent logs",
    ),
  )
    .option("--runs-namespace <name>", "namespace of the runs (default: the operator's)")
    .option("-f, --file <file>", "file to write (default: orchestrator-support-<time>.tar.gz)")
    .option("--lines <number>", "lines of each log of the operator and the server", "2000")
    .action(withExitCode(io, (options: Options) => run(options, io)));
}

async function run(options: Options, io: CommandIo): Promise<number> {
  const lines = Number(options.lines);
  if (!Number.isInteger(lines) || lines < 1 || lines > mostLines)
    throw new UsageError(`error: --lines must be a whole number from 1 to ${mostLines}`);
  const namespace = namespaceName("--namespace", operatorNamespace(options));
  const runsNamespace = namespaceName("--runs-namespace", options.runsNamespace ?? namespace);
  const file = options.file ?? `orchestrator-support-${new Date().toISOString().replace(/[:.]/g, "-")}.tar.gz`;
  const client = await clientOf(options);
  try {
    const written = await writeBundle(file, client, { namespace, runsNamespace, lines });
    io.out(`${file}\n`);
    const { missing } = written;
    io.err(`${countOf(written.files, "file")}; look through them before you send them\n`);
    for (const line of missing) io.err(`note: not included: ${line}\n`);
    return 0;
  } finally {
    await client.close();
  }
}

/** Names become parts of paths. @throws UsageError */
function namespaceName(option: string, name: string): string {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
    throw new UsageError(`error: ${option}: "${name}" is not a valid namespace name`);
  return name;
}

async function writeBundle(
  file: string,
  client: HttpClient,
  wanted: { readonly namespace: string; readonly runsNamespace: string; readonly lines: number },
): Promise<{ readonly files: number; readonly missing: readonly string[] }> {
  const cannot = (cause: unknown): never => {
    throw new UsageError(`${file}: error: cannot be written: ${errorText(cause)}`, { cause });
  };
  // others on this machine have no business with it, and an earlier bundle is not overwritten
  const output = await open(file, "wx", 0o600).catch(cannot);
  const files = await bundleFiles({ client, ...wanted, signal: AbortSignal.timeout(timeout) });
  const archive = pack();
  const written = pipeline(archive, createGzip(), output.createWriteStream()).catch(cannot);
  const [missing] = await Promise.all([fill(archive, files), written]);
  return { files: files.length - missing.length, missing };
}

/** @returns what could not be read, a line each */
async function fill(archive: Pack, files: readonly BundleFile[]): Promise<string[]> {
  const missing: string[] = [];
  const contents: string[] = [];
  let bytes = 0;
  for (const { path, about, load } of files) {
    try {
      const text = await load();
      bytes += Buffer.byteLength(text);
      if (bytes > mostBytes) throw new Error("the bundle has reached its limit of 100 MiB");
      archive.entry({ name: path, mode: 0o600 }, text);
      contents.push(`${path}: ${about}`);
    } catch (error) {
      missing.push(`${path}: ${errorText(error)}`);
    }
  }
  archive.entry({ name: "README.txt", mode: 0o600 }, readme(contents, missing));
  archive.finalize();
  return missing;
}

function readme(contents: readonly string[], missing: readonly string[]): string {
  return [
    "The state of an installation of agent-orchestrator, for a report.",
    "",
    "Left out: Secrets (never read), the contents of ConfigMaps, prompts and files of runs, values of variables, commands, the logs of",
    "agents, and text that looks like a key. Names of namespaces, runs, repositories and users are included. Look through the files",
    "before you send them.",
    "",
    ...contents,
    ...(missing.length === 0 ? [] : ["", "Could not be read:", ...missing]),
    "",
  ].join("\n");
}
