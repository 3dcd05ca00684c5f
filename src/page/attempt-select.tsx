/** The choice of an attempt whose log is shown. */
import type { Signal } from "@preact/signals";
import type { JSX } from "preact";

interface Properties {
  /** Undefined: none is chosen. */
  readonly attempt: Signal<number | undefined>;
  readonly numbers: readonly number[];
  /** How many attempts the run had. */
  readonly count: number;
  /** What is shown while none is chosen. */
  readonly unchosen: string;
}

export function AttemptSelect({ attempt, numbers, count, unchosen }: Properties): JSX.Element {
  return (
    <label>
      Attempt{" "}
      <select
        value={attempt.value ?? ""}
        onChange={({ currentTarget: { value } }) => (attempt.value = value === "" ? undefined : Number(value))}
      >
        <option value="">{unchosen}</option>
        {numbers.map((number) => (
          <option key={number} value={number}>
            {number} of {count}
          </option>
        ))}
      </select>
    </label>
  );
}
