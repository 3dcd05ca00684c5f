/** Measurements that all suites use. */

/** The median of the values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** A quantile of the values. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}

export interface Rate {
  readonly perSecond: number;
  /** Durations of the calls in milliseconds. */
  readonly latencies: readonly number[];
}

/** Calls as often as possible with the given concurrency, for the given time. */
export async function rate(call: () => Promise<unknown>, atOnce: number, milliseconds: number): Promise<Rate> {
  const latencies: number[] = [];
  const began = performance.now();
  const until = began + milliseconds;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let start = performance.now(); start < until;) {
        await call();
        const end = performance.now();
        latencies.push(end - start);
        start = end;
      }
    }),
  );
  return { perSecond: (latencies.length * 1000) / (performance.now() - began), latencies };
}

/** A TaskRun of about this many bytes as JSON. */
export function taskRunOf(bytes: number, index = 0): Record<string, unknown> {
  const object = {
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: { name: `run-${index}`, namespace: `ns-${index % 20}`, labels: { team: "platform" } },
    spec: {
      taskId: index + 1,
      serviceName: `service-${index % 50}`,
      priority: "high",
      markdownFiles: [
        { filename: "task.md", content: "", fileType: "task" },
        { filename: "prompt.md", content: "# Prompt\nDo what task.md says.\n", fileType: "prompt" },
      ],
    },
  };
  const [file] = object.spec.markdownFiles;
  if (file !== undefined) file.content = "x".repeat(Math.max(1, bytes - JSON.stringify(object).length));
  return object;
}
