import { Heap } from "./heap.js";

/** The entries of one priority. */
interface Level<T> {
  readonly priority: number;
  /** By group, in the order in which the groups take turns: a Map iterates in the order of insertion. */
  readonly groups: Map<string, Heap<T>>;
}

/**
 * Entries that are ready: those of the highest priority first, and among them the groups take turns. However many entries
 * one group has, an entry of another waits for at most one of them before its group's own are handed out.
 */
export class ReadyKeys<T extends { readonly priority: number; readonly group: string }> {
  /** Highest priority first. Few programs use more than two. */
  readonly #levels: Level<T>[] = [];
  readonly #before: (a: T, b: T) => boolean;
  #size = 0;

  /** @param before the order of entries of the same priority and group */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#size;
  }

  push(entry: T): void {
    const { groups } = this.#level(entry.priority);
    let heap = groups.get(entry.group);
    if (heap === undefined) {
      heap = new Heap(this.#before);
      groups.set(entry.group, heap);
    }
    heap.push(entry);
    this.#size++;
  }

  pop(): T | undefined {
    const level = this.#levels[0];
    const turn = level?.groups.entries().next().value;
    if (level === undefined || turn === undefined) return undefined;
    const [group, heap] = turn;
    const entry = heap.pop();
    this.#size--;
    level.groups.delete(group);
    if (heap.size > 0) level.groups.set(group, heap);
    if (level.groups.size === 0) this.#levels.shift();
    return entry;
  }

  /** Removes the unwanted entries; the groups keep their turns. */
  keep(wanted: (entry: T) => boolean): void {
    this.#size = 0;
    for (const level of this.#levels.splice(0)) {
      for (const [group, heap] of level.groups) {
        heap.keep(wanted);
        this.#size += heap.size;
        if (heap.size === 0) level.groups.delete(group);
      }
      if (level.groups.size > 0) this.#levels.push(level);
    }
  }

  #level(priority: number): Level<T> {
    const index = this.#levels.findIndex((level) => level.priority <= priority);
    const found = this.#levels[index];
    if (found?.priority === priority) return found;
    const level = { priority, groups: new Map<string, Heap<T>>() };
    this.#levels.splice(index === -1 ? this.#levels.length : index, 0, level);
    return level;
  }
}
