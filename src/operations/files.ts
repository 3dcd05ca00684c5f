/** The files that the agent of a run works from. */
import { TaskRuns, type TaskRun } from "../api/taskrun.js";
import { ConfigMaps } from "../runtime/client/builtin.js";
import type { Client } from "../runtime/client/client.js";
import { objectKey } from "../runtime/client/objects.js";
import { unlessMissing } from "../runtime/client/unless-missing.js";
import type { Found } from "./any-run.js";

export interface RunFile {
  readonly filename: string;
  /** Purpose of a TaskRun's file. */
  readonly type?: string;
  /** Bytes. */
  readonly size: number;
  readonly content: string;
}

/**
 * The files of a run: those in the spec of a TaskRun; else those in the ConfigMap of the latest attempt, and none before the first.
 *
 * @throws an API error, such as a missing right to read ConfigMaps
 */
export async function filesOf(client: Client, { type, run }: Found, signal?: AbortSignal): Promise<RunFile[]> {
  if (type.kind === TaskRuns.kind)
    return (run as TaskRun).spec.markdownFiles.map(({ filename, content, fileType }) =>
      file(filename, content, fileType),
    );
  const name = run.status?.configMapName;
  if (name === undefined) return [];
  const map = await unlessMissing(client.get(ConfigMaps, objectKey(run, name), { ...(signal && { signal }) }));
  // one of that name that belongs to something else
  if (map?.metadata.ownerReferences?.some(({ uid }) => uid === run.metadata.uid) !== true) return [];
  const entries = Object.entries(map.data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([filename, content]) => file(filename, content));
}

function file(filename: string, content: string, type?: string): RunFile {
  return { filename, ...(type !== undefined && { type }), size: Buffer.byteLength(content), content };
}
