/** What a run waits for: the runs in its dependsOn, and theirs. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { layoutOf, type GraphNode, type PlacedNode } from "./dependency-graph.js";
import type { Kind } from "./kinds.js";
import { runUrl } from "./location.js";
import { PhaseMark } from "./parts.js";
import { plainLine } from "./plain-text.js";
import { apiPath, call } from "./rest-client.js";
import { dependenciesOf, hasEnded, phaseOf, type Run } from "./run-types.js";

/** Runs that the graph shows at most. */
const maxNodes = 40;

/** Milliseconds between reads of the other runs' phases. */
const period = 10_000;

/** Pixels. */
const size = { width: 220, height: 52, gapX: 56, gapY: 14 };

export function Dependencies({ run, kind }: { readonly run: Run; readonly kind: Kind }): JSX.Element | null {
  const nodes = useSignal<readonly GraphNode[] | undefined>(undefined);
  const names = dependenciesOf(run).join();
  useEffect(() => {
    if (names === "") return undefined;
    const stop = new AbortController();
    const load = async (): Promise<void> => {
      nodes.value = await graphOf(run, kind, stop.signal).catch(() => nodes.value);
    };
    void load();
    const timer = hasEnded(run) ? undefined : setInterval(() => void load(), period);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [names, run.metadata.resourceVersion]);
  if (names === "") return null;
  return (
    <section aria-labelledby="dependencies">
      <h2 id="dependencies">Dependencies</h2>
      {nodes.value === undefined ? <p class="quiet">Loading</p> : <Graph nodes={nodes.value} run={run} kind={kind} />}
    </section>
  );
}

/** The run, and what it depends on, also indirectly; the nearest first. */
async function graphOf(run: Run, kind: Kind, signal: AbortSignal): Promise<readonly GraphNode[]> {
  const { name, namespace } = run.metadata;
  const nodes = new Map<string, GraphNode>([[name, { name, phase: phaseOf(run), dependsOn: dependenciesOf(run) }]]);
  let wanted = [...dependenciesOf(run)];
  while (wanted.length > 0 && nodes.size < maxNodes) {
    const next = [...new Set(wanted)].filter((each) => !nodes.has(each)).slice(0, maxNodes - nodes.size);
    const found = await Promise.all(
      next.map(async (each): Promise<GraphNode> => {
        try {
          const other = await call<Run>(apiPath("namespaces", namespace, kind.plural, each), { signal });
          return { name: each, phase: phaseOf(other), dependsOn: dependenciesOf(other) };
        } catch {
          signal.throwIfAborted();
          return { name: each, dependsOn: [] };
        }
      }),
    );
    for (const node of found) nodes.set(node.name, node);
    wanted = found.flatMap(({ dependsOn }) => dependsOn);
  }
  return [...nodes.values()];
}

const left = ({ column }: PlacedNode): number => column * (size.width + size.gapX);
const top = ({ row }: PlacedNode): number => row * (size.height + size.gapY);

interface GraphProperties {
  readonly nodes: readonly GraphNode[];
  readonly run: Run;
  readonly kind: Kind;
}

function Graph({ nodes, run, kind }: GraphProperties): JSX.Element {
  const { nodes: placed, edges, columns, rows } = layoutOf(nodes);
  const width = columns * (size.width + size.gapX) - size.gapX;
  const height = rows * (size.height + size.gapY) - size.gapY;
  const { name: own, namespace } = run.metadata;
  return (
    <div class="graph" tabIndex={0} role="region" aria-label="Runs that this one depends on">
      <div class="graph-area" style={{ width: `${width}px`, height: `${height}px` }}>
        <svg width={width} height={height} aria-hidden="true">
          {edges.map(({ from, to }) => (
            <path key={`${from.name} ${to.name}`} d={edgePath(from, to)} />
          ))}
        </svg>
        {placed.map((node) => (
          <a
            key={node.name}
            class={`node ${node.name === own ? "own" : ""}`}
            href={runUrl({ namespace, kind, name: node.name })}
            style={{ left: `${left(node)}px`, top: `${top(node)}px` }}
            {...(node.name === own && { "aria-current": "true" as const })}
          >
            <span class="node-name" title={plainLine(node.name)}>
              {plainLine(node.name)}
            </span>
            {node.phase === undefined ? (
              <span class="quiet">does not exist, or may not be read</span>
            ) : (
              <PhaseMark phase={node.phase} />
            )}
          </a>
        ))}
      </div>
    </div>
  );
}

function edgePath(from: PlacedNode, to: PlacedNode): string {
  const [x1, y1] = [left(from) + size.width, top(from) + size.height / 2];
  const [x2, y2] = [left(to), top(to) + size.height / 2];
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}
