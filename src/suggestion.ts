/** The name that was probably meant: the one that differs by the fewest typing mistakes; undefined if none is close. */
export function suggestion(name: string, known: readonly string[]): string | undefined {
  if (name.length > longest) return undefined;
  const plain = (text: string): string => text.replaceAll(/[-_]/g, "").toLowerCase();
  const plainName = plain(name);
  // one mistake in a short name, and one more for every four characters
  let most = name.length < 3 ? 0 : Math.ceil(name.length / 4);
  let closest: string | undefined;
  for (const each of known) {
    const mistakes = mistakesBetween(plainName, plain(each), most);
    if (mistakes > most) continue;
    closest = each;
    // from here on only what is closer
    most = mistakes - 1;
  }
  return closest;
}

/** Maximum characters of a name that may be a misspelt one; longer text may be anything. */
const longest = 96;

/**
 * Characters that were left out, added, replaced or swapped with the next one (optimal string alignment distance); Infinity if they are
 * more than `most`.
 */
function mistakesBetween(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return Infinity;
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
    // a later row has no smaller distance than the last two
    if (Math.min(...row) > most && Math.min(...last) > most) return Infinity;
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? Infinity;
}
