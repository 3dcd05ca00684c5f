/** Tokens that models used, and what they cost. */

/** Token counts of one model or of all. No token is in two of them. */
export interface Tokens {
  /** Input that was neither read from a cache nor written to one. */
  readonly input: number;
  readonly output: number;
  /** Input read from the provider's cache. */
  readonly cacheRead: number;
  /** Input written to the provider's cache. */
  readonly cacheWrite: number;
}

export const noTokens: Tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

const kinds = ["input", "output", "cacheRead", "cacheWrite"] as const;

export function sum(a: Tokens, b: Tokens): Tokens {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
  };
}

/** Of all kinds together, as `maxTokens` of a budget counts them. */
export function total(tokens: Tokens): number {
  return kinds.reduce((count, kind) => count + tokens[kind], 0);
}

/** A count from outside: a whole number that is not negative, else undefined. */
export function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** US dollars per million tokens. */
export type Price = Partial<Tokens> & Pick<Tokens, "input" | "output">;

/** In US dollars. A cache read or write without a price of its own costs what input costs. */
export function cost(tokens: Tokens, price: Price): number {
  const { input, output, cacheRead = input, cacheWrite = input } = price;
  return (
    (tokens.input * input + tokens.output * output + tokens.cacheRead * cacheRead + tokens.cacheWrite * cacheWrite) /
    1_000_000
  );
}

/** Prices by model: its exact name, or the beginning of names before a `*`, of which the longest counts. */
export class PriceList {
  readonly #exact = new Map<string, Price>();
  readonly #beginnings: (readonly [string, Price])[] = [];

  constructor(prices: Readonly<Record<string, Price>>) {
    for (const [name, price] of Object.entries(prices))
      if (name.endsWith("*")) this.#beginnings.push([name.slice(0, -1), price]);
      else this.#exact.set(name, price);
    this.#beginnings.sort(([a], [b]) => b.length - a.length);
  }

  of(model: string): Price | undefined {
    return this.#exact.get(model) ?? this.#beginnings.find(([beginning]) => model.startsWith(beginning))?.[1];
  }
}
