/** The difference of two texts, as `diff -u` prints it. Pure. */

/** Lines around a change. */
const context = 3;

/** Edits up to which the shortest way is searched; beyond, everything between the equal ends counts as replaced. */
const maxEdits = 500;

interface Line {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/** Hunks of a unified diff, each line with a line break; empty for equal texts. */
export function unifiedDiff(before: string, after: string): string {
  const lines = changes(before.split("\n"), after.split("\n"));
  let [old, fresh] = [1, 1];
  const places = lines.map(({ sign }) => {
    const place = { old, fresh };
    if (sign !== "+") old++;
    if (sign !== "-") fresh++;
    return place;
  });
  let text = "";
  for (const [from, to] of hunks(lines)) {
    const part = lines.slice(from, to);
    const { old: first = 0, fresh: second = 0 } = places[from] ?? {};
    const counts = [part.filter(({ sign }) => sign !== "+").length, part.filter(({ sign }) => sign !== "-").length];
    text += `@@ -${first},${counts[0] ?? 0} +${second},${counts[1] ?? 0} @@\n`;
    text += part.map(({ sign, text: line }) => `${sign}${line}\n`).join("");
  }
  return text;
}

/** Ranges of lines with changes and what is around them. */
function hunks(lines: readonly Line[]): [number, number][] {
  const found: [number, number][] = [];
  for (const [index, { sign }] of lines.entries()) {
    if (sign === " ") continue;
    const [from, to] = [Math.max(0, index - context), Math.min(lines.length, index + context + 1)];
    const last = found.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = to;
    else found.push([from, to]);
  }
  return found;
}

function changes(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const same = (text: string): Line => ({ sign: " ", text });
  const [old, fresh] = [before.slice(start, before.length - end), after.slice(start, after.length - end)];
  const middle = shortest(old, fresh) ?? [
    ...old.map((text): Line => ({ sign: "-", text })),
    ...fresh.map((text): Line => ({ sign: "+", text })),
  ];
  return [...before.slice(0, start).map(same), ...middle, ...before.slice(before.length - end).map(same)];
}

/** The fewest edits (Myers, "An O(ND) difference algorithm and its variations", 1986); undefined if there are too many. */
function shortest(before: readonly string[], after: readonly string[]): Line[] | undefined {
  // by diagonal (x - y): how far into `before` one gets with so many edits; kept for each number of edits
  let furthest = new Map([[1, 0]]);
  const history: Map<number, number>[] = [];
  for (let edits = 0; edits <= Math.min(maxEdits, before.length + after.length); edits++) {
    const next = new Map<number, number>();
    history.push(furthest);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = start(furthest, diagonal, edits);
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x++;
      next.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return path(before, after, history);
    }
    furthest = next;
  }
  return undefined;
}

const isInsertion = (furthest: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean =>
  diagonal === -edits || (diagonal !== edits && (furthest.get(diagonal - 1) ?? 0) < (furthest.get(diagonal + 1) ?? 0));

function start(furthest: ReadonlyMap<number, number>, diagonal: number, edits: number): number {
  return isInsertion(furthest, diagonal, edits)
    ? (furthest.get(diagonal + 1) ?? 0)
    : (furthest.get(diagonal - 1) ?? 0) + 1;
}

/** Walks back from the ends of both. */
function path(
  before: readonly string[],
  after: readonly string[],
  history: readonly ReadonlyMap<number, number>[],
): Line[] {
  const lines: Line[] = [];
  let [x, y] = [before.length, after.length];
  const takeSame = (until: number): void => {
    for (; x > until; x--, y--) lines.push({ sign: " ", text: before[x - 1] ?? "" });
  };
  for (let edits = history.length - 1; edits > 0; edits--) {
    const furthest = history[edits] ?? new Map<number, number>();
    const diagonal = x - y;
    const inserted = isInsertion(furthest, diagonal, edits);
    const from = furthest.get(inserted ? diagonal + 1 : diagonal - 1) ?? 0;
    takeSame(inserted ? from : from + 1);
    lines.push(inserted ? { sign: "+", text: after[y - 1] ?? "" } : { sign: "-", text: before[x - 1] ?? "" });
    if (inserted) y--;
    else x--;
  }
  takeSame(0);
  return lines.reverse();
}
