/** What a view loads once, and again when a run has changed. */
import { useSignal, type ReadonlySignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { backOff } from "./back-off.js";
import { call, RestError } from "./rest-client.js";

export interface Loaded<T> {
  readonly value?: T;
  /** Why the latest try failed. */
  readonly error?: string;
}

/** The answer of a path; asked for again when `version` changes, and after failures with back-off. */
export function useLoaded<T>(path: string, version: string | undefined): ReadonlySignal<Loaded<T>> {
  const loaded = useSignal<Loaded<T>>({});
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async (tries: number): Promise<void> => {
      try {
        loaded.value = { value: await call<T>(path, { signal: stop.signal }) };
      } catch (error) {
        if (stop.signal.aborted || (error instanceof RestError && error.status === 401)) return;
        loaded.value = { ...loaded.value, error: error instanceof Error ? error.message : String(error) };
        timer = setTimeout(() => void load(tries + 1), backOff(tries + 2, Math.random()));
      }
    };
    void load(0);
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [path, version]);
  return loaded;
}
