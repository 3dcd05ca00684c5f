import { errorText } from "../../runtime/error-text.js";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { archivePrograms, archives, platform, unpackArchive } from "./archive.js";
import { cacheDirectory, cached, isIntact, sourceHash } from "./cache.js";
import { findInstalled } from "./find.js";
import { buildKubernetes, buildKwok, kwokStages, moduleFiles } from "./go.js";
import { KUBERNETES_VERSION, KWOK_VERSION } from "./versions.js";
import type { Program } from "./versions.js";

export interface ResolveOptions {
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal;
  readonly environment?: NodeJS.ProcessEnv;
}

export interface Binaries {
  readonly programs: Readonly<Partial<Record<Program, string>>>;
  readonly kwokStages: readonly string[];
}

/**
 * Finds a file for every program, from the first source that has it: `KUBEBUILDER_ASSETS` or PATH, with a supported
 * version; our cache; the prebuilt archive, if its three programs are all that is missing; a build from the Go modules
 * in tools/. `ORCHESTRATOR_CLUSTER_DOWNLOAD=never` skips the archive.
 */
export async function resolveBinaries(needed: readonly Program[], options: ResolveOptions): Promise<Binaries> {
  const environment = options.environment ?? process.env;
  const programs: Partial<Record<Program, string>> = {};
  const stages: string[] = [];
  // kwok comes only from our own build: its stages must have the same version, and the program does not contain them.
  const missing = new Set<Program>(needed.filter((program) => program !== "kwok"));
  for (const { program, file } of await findInstalled([...missing], environment)) {
    programs[program] = file;
    missing.delete(program);
  }
  if (missing.size > 0) {
    const directory = await kubernetes([...missing], environment, options);
    for (const program of missing) programs[program] = join(directory, program);
  }
  if (needed.includes("kwok")) {
    const entry = join(
      cacheDirectory(environment),
      `kwok-${KWOK_VERSION}-${platform()}-${sourceHash(moduleFiles("kwok"))}`,
    );
    const directory = await cached(entry, (draft) => buildKwok(draft, options), options.progress, options.signal);
    programs.kwok = join(directory, "kwok");
    stages.push(...kwokStages.map(({ name }) => join(directory, name)));
  }
  return { programs, kwokStages: stages };
}

async function kubernetes(
  missing: readonly Program[],
  environment: NodeJS.ProcessEnv,
  options: ResolveOptions,
): Promise<string> {
  const cache = cacheDirectory(environment);
  const built = join(cache, `kubernetes-${KUBERNETES_VERSION}-${platform()}-${sourceHash(moduleFiles("kubernetes"))}`);
  if (existsSync(built) && (await isIntact(built))) return built;

  const archive = archives[platform()];
  const suffices = missing.every((program) => (archivePrograms as readonly string[]).includes(program));
  if (archive !== undefined && suffices && environment.ORCHESTRATOR_CLUSTER_DOWNLOAD !== "never") {
    const unpacked = join(cache, `envtest-${archive.version}-${platform()}`);
    try {
      return await cached(
        unpacked,
        async (draft) => {
          options.progress(`downloading the prebuilt kube-apiserver, etcd and kubectl ${archive.version}`);
          await unpackArchive(archive, draft, options.signal);
        },
        options.progress,
        options.signal,
      );
    } catch (error) {
      options.signal?.throwIfAborted();
      options.progress(`building Kubernetes, because the prebuilt archive is not available: ${errorText(error)}`);
    }
  }
  return cached(built, (draft) => buildKubernetes(draft, options), options.progress, options.signal);
}
