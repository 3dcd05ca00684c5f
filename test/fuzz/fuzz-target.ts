/** A reader of foreign bytes, as production calls it, with what must hold for any input. */
export interface FuzzTarget {
  /** Also its folder below `test/fuzz/corpus`. */
  readonly name: string;
  /** Longest input that is generated: beyond the limit that the reader itself sets, where that is affordable. */
  readonly maxBytes: number;
  /** Inputs in `npm test`. */
  readonly inputs: number;
  /** Milliseconds of processor time that no input may exceed; several times what was measured. */
  readonly maxCpu: number;
  /** Throws, or rejects, if the reader does anything but accept the input or refuse it as documented. */
  run(input: Buffer): unknown;
}

/** Something that must hold for any input does not. */
export class FindingError extends Error {
  override readonly name = "FindingError";
}

/** @throws FindingError with the message, unless the condition holds */
export function ensure(holds: boolean, message: string): void {
  if (!holds) throw new FindingError(message);
}
