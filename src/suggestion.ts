/** The name that was probably meant: the one that differs by the fewest typing mistakes; undefined if none is close. */
export function suggestion(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string): string => text.replaceAll(/[-_]/g, "").toLowerCase();
  // one mistake in a short name, and one more for every four characters
  const most = name.length < 3 ? 0 : Math.ceil(name.length / 4);
  const [closest] = known
    .map((each) => ({ each, mistakes: mistakesBetween(plain(name), plain(each)) }))
    .filter(({ mistakes }) => mistakes <= most)
    .sort((a, b) => a.mistakes - b.mistakes);
  return closest?.each;
}

/** Characters that were left out, added, replaced or swapped with the next one (optimal string alignment distance). */
function mistakesBetween(a: string, b: string): number {
  // names that differ this much in length are not compared: the text may be anything
  if (Math.abs(a.length - b.length) > 16 || a.length > 64) return Infinity;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        replaced,
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        isSwapped ? (beforeLast[j - 2] ?? 0) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? Infinity;
}
