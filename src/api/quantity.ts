const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A Kubernetes quantity as a number; undefined if it is invalid. Precise enough for comparisons. */
export function quantity(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  const parts = typeof value === "string" ? /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)$/.exec(value) : null;
  const factor = parts ? factors[parts[2] ?? ""] : undefined;
  const number = Number(parts?.[1]);
  return factor === undefined || Number.isNaN(number) ? undefined : number * factor;
}
