/** Places runs that depend on each other: dependencies to the left of what waits for them. */

export interface GraphNode {
  readonly name: string;
  /** Absent: not known, since it does not exist or cannot be read. */
  readonly phase?: string | undefined;
  readonly dependsOn: readonly string[];
}

export interface PlacedNode extends GraphNode {
  /** From 0, left to right. */
  readonly column: number;
  /** From 0, top to bottom. */
  readonly row: number;
}

export interface Layout {
  readonly nodes: readonly PlacedNode[];
  /** From a dependency to what waits for it. */
  readonly edges: readonly { readonly from: PlacedNode; readonly to: PlacedNode }[];
  readonly columns: number;
  readonly rows: number;
}

/** Places nodes; dependencies that are no nodes are left out. Also runs that wait for each other get a place. */
export function layoutOf(nodes: readonly GraphNode[]): Layout {
  const known = new Map(nodes.map((node) => [node.name, node]));
  const columns = new Map<string, number>();
  const columnOf = (name: string, path: ReadonlySet<string>): number => {
    const placed = columns.get(name);
    if (placed !== undefined) return placed;
    const before = (known.get(name)?.dependsOn ?? []).filter((each) => known.has(each) && !path.has(each));
    const here = new Set([...path, name]);
    const column = Math.max(-1, ...before.map((each) => columnOf(each, here))) + 1;
    columns.set(name, column);
    return column;
  };
  const rows: number[] = [];
  const placed = new Map<string, PlacedNode>();
  for (const node of nodes) {
    const column = columnOf(node.name, new Set([node.name]));
    const row = rows[column] ?? 0;
    rows[column] = row + 1;
    placed.set(node.name, { ...node, column, row });
  }
  const edges = [...placed.values()].flatMap((to) =>
    to.dependsOn.flatMap((name) => {
      const from = placed.get(name);
      return from === undefined ? [] : [{ from, to }];
    }),
  );
  const height = Math.max(0, ...Array.from(rows, (count) => count || 0));
  return { nodes: [...placed.values()], edges, columns: rows.length, rows: height };
}
