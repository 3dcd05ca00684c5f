/**
 * How the runs ended that `history` removed, so that applying the same manifest again does not pay for the same work again
 * (docs/adr/018). The leader holds it in memory; ConfigMaps in the operator's namespace, its segments, keep it.
 */
import { decodeSegment, encodeSegment, type EarlierEnd, type Segment } from "./ledger-segment.js";
import { managedBy, runLabels } from "./metadata.js";
import { digest40 } from "./spec-digest.js";
import { ConfigMaps } from "../runtime/client/builtin.js";
import type { Client } from "../runtime/client/client.js";
import { NotFound } from "../runtime/client/errors.js";
import { formatKey, type ObjectKey } from "../runtime/client/objects.js";
import type { ResourceType } from "../runtime/client/resource.js";

export interface LedgerOptions {
  /** Its writes are fenced by leadership. */
  readonly client: Client;
  /** Of the operator. */
  readonly namespace: string;
  /** Number of ends that are remembered; read before each write. */
  readonly capacity: () => number;
}

/** A run, whether or not it exists. */
export interface RunIdentity {
  readonly type: Pick<ResourceType, "kind">;
  readonly key: ObjectKey;
}

/** Entries of a full segment: a write of the newest one stays small, and the oldest one is dropped as a whole. */
const maxSegmentSize = 2048;

const namePrefix = "orchestrator-ledger-";
const dataKey = "ends";
const ledgerLabel = "orchestrator.io/ledger";

export class Ledger {
  readonly #options: LedgerOptions;
  /** By number: the higher, the newer. A run is in at most one. */
  readonly #segments = new Map<number, Segment>();
  /** Number of the segment by run. */
  readonly #segmentOf = new Map<string, number>();
  #isLoaded = false;
  /** The last operation: one at a time changes the segments. */
  #last: Promise<void> = Promise.resolve();

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Until then, {@link endOf} knows nothing. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Number of ends that are remembered. */
  get size(): number {
    return this.#segmentOf.size;
  }

  /** How the run of this name last ended; undefined if that is not remembered. */
  endOf(run: RunIdentity): EarlierEnd | undefined {
    if (this.#options.capacity() === 0) return undefined;
    const id = idOf(run);
    const number = this.#segmentOf.get(id);
    return number === undefined ? undefined : this.#segments.get(number)?.get(id);
  }

  /** Reads the stored segments, once. */
  load(signal: AbortSignal): Promise<void> {
    return this.#inOrder(async () => {
      if (this.#isLoaded) return;
      const { client, namespace } = this.#options;
      const { items } = await client.list(ConfigMaps, { namespace, labelSelector: `${ledgerLabel}=true`, signal });
      const stored = items
        .map(({ metadata, binaryData }) => ({
          number: numberOf(metadata.name),
          segment: decodeSegment(binaryData?.[dataKey] ?? ""),
        }))
        .filter(({ number }) => number !== undefined)
        .sort((a, b) => (b.number ?? 0) - (a.number ?? 0));
      // a crash between two writes leaves a run in two segments: the newer one is right
      const seen = new Set<string>();
      const changes = new Map<number, Segment>();
      for (const { number = 0, segment } of stored) {
        const own = new Map([...segment].filter(([id]) => !seen.has(id)));
        for (const id of own.keys()) seen.add(id);
        this.#keep(number, own);
        if (own.size < segment.size) changes.set(number, own);
      }
      await this.#write(changes, signal);
      this.#isLoaded = true;
    });
  }

  /**
   * Remembers these ends in place of earlier ones of the same runs. They are stored when this resolves; if it rejects, some may be.
   */
  record(ends: readonly (RunIdentity & { readonly end: EarlierEnd })[], signal: AbortSignal): Promise<void> {
    return this.#changed((draft) => {
      const capacity = this.#options.capacity();
      const segmentSize = Math.max(1, Math.min(maxSegmentSize, Math.floor(capacity / 4)));
      for (const { end, ...run } of capacity === 0 ? [] : ends) {
        const id = idOf(run);
        draft.remove(id);
        draft.add(id, end, segmentSize);
      }
      draft.shrink(capacity);
    }, signal);
  }

  /** Forgets how the run of this name ended. */
  forget(run: RunIdentity, signal: AbortSignal): Promise<void> {
    return this.#changed((draft) => draft.remove(idOf(run)), signal);
  }

  /** Writes a segment again that someone has deleted; nothing for any other object. */
  restore({ namespace, name }: ObjectKey, signal: AbortSignal): Promise<boolean> {
    return this.#inOrder(async () => {
      const number = namespace === this.#options.namespace ? numberOf(name) : undefined;
      const segment = number === undefined ? undefined : this.#segments.get(number);
      if (number === undefined || segment === undefined || !this.#isLoaded) return false;
      await this.#write(new Map([[number, segment]]), signal);
      return true;
    });
  }

  async #changed(change: (draft: Draft) => void, signal: AbortSignal): Promise<void> {
    await this.load(signal);
    await this.#inOrder(() => {
      const draft = new Draft(this.#segments, this.#segmentOf);
      change(draft);
      return this.#write(draft.changes, signal);
    });
  }

  /** The newest first: what moves there is stored before it disappears elsewhere. Memory follows each write. */
  async #write(changes: ReadonlyMap<number, Segment>, signal: AbortSignal): Promise<void> {
    for (const [number, segment] of [...changes].sort(([a], [b]) => b - a)) {
      await this.#writeSegment(number, segment, signal);
      this.#keep(number, segment);
    }
  }

  async #writeSegment(number: number, segment: Segment, signal: AbortSignal): Promise<void> {
    const { client, namespace } = this.#options;
    const key = { namespace, name: `${namePrefix}${number}` };
    const binaryData = { [dataKey]: encodeSegment(segment) };
    try {
      if (segment.size === 0) await client.delete(ConfigMaps, key, { signal });
      else await client.patch(ConfigMaps, key, { type: "merge", body: { binaryData } }, { signal });
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      if (segment.size === 0) return;
      const labels = { [runLabels.managedBy]: managedBy, [ledgerLabel]: "true" };
      await client.create(ConfigMaps, { metadata: { ...key, labels }, binaryData }, { signal });
    }
  }

  #keep(number: number, segment: Segment): void {
    for (const id of this.#segments.get(number)?.keys() ?? [])
      if (this.#segmentOf.get(id) === number) this.#segmentOf.delete(id);
    this.#segments.delete(number);
    if (segment.size === 0) return;
    this.#segments.set(number, segment);
    for (const id of segment.keys()) this.#segmentOf.set(id, number);
  }

  #inOrder<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#last.then(operation);
    this.#last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}

/** Changed copies of segments. */
class Draft {
  readonly changes = new Map<number, Map<string, EarlierEnd>>();
  readonly #segments: ReadonlyMap<number, Segment>;
  readonly #segmentOf: Map<string, number>;

  constructor(segments: ReadonlyMap<number, Segment>, segmentOf: ReadonlyMap<string, number>) {
    this.#segments = segments;
    this.#segmentOf = new Map(segmentOf);
  }

  remove(id: string): void {
    const number = this.#segmentOf.get(id);
    if (number === undefined) return;
    this.#open(number).delete(id);
    this.#segmentOf.delete(id);
  }

  add(id: string, end: EarlierEnd, segmentSize: number): void {
    const newest = Math.max(1, ...this.#segments.keys(), ...this.changes.keys());
    const number = this.#sizeOf(newest) >= segmentSize ? newest + 1 : newest;
    this.#open(number).set(id, end);
    this.#segmentOf.set(id, number);
  }

  /** Drops the oldest segments until at most that many entries are left. */
  shrink(capacity: number): void {
    for (const number of [...new Set([...this.#segments.keys(), ...this.changes.keys()])].sort((a, b) => a - b)) {
      if (this.#segmentOf.size <= capacity) return;
      for (const id of [...(this.changes.get(number) ?? this.#segments.get(number) ?? new Map<string, never>()).keys()])
        this.remove(id);
    }
  }

  #open(number: number): Map<string, EarlierEnd> {
    const open = this.changes.get(number) ?? new Map(this.#segments.get(number));
    this.changes.set(number, open);
    return open;
  }

  #sizeOf(number: number): number {
    return (this.changes.get(number) ?? this.#segments.get(number))?.size ?? 0;
  }
}

function idOf({ type, key }: RunIdentity): string {
  return digest40(`${type.kind} ${formatKey(key)}`);
}

/** The number of the segment that a ConfigMap of this name holds; undefined for any other. */
function numberOf(name: string): number | undefined {
  const number = name.startsWith(namePrefix) ? Number(name.slice(namePrefix.length)) : NaN;
  return Number.isInteger(number) && number > 0 ? number : undefined;
}
