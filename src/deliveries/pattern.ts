/** Patterns in which `*` stands for any characters: no regular expressions, since a few characters of those can take exponential time. */

/** Whether a whole text matches. Takes time of at most the product of both lengths. */
export function matchesPattern(pattern: string, text: string): boolean {
  let [at, star, mark] = [0, -1, 0];
  let index = 0;
  while (index < text.length) {
    if (pattern[at] === "*") {
      star = at++;
      mark = index;
    } else if (pattern[at] === text[index]) {
      at++;
      index++;
    } else if (star >= 0) {
      // the last star takes one character more
      at = star + 1;
      index = ++mark;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}

/** Whether one of the texts matches one of the patterns, without regard to letter case. */
export function matchesAny(patterns: readonly string[], texts: readonly (string | undefined)[]): boolean {
  const folded = patterns.map((pattern) => pattern.toLowerCase());
  return matchesExactly(
    folded,
    texts.map((text) => text?.toLowerCase()),
  );
}

/** Whether one of the texts matches one of the patterns, letter by letter. */
export function matchesExactly(patterns: readonly string[], texts: readonly (string | undefined)[]): boolean {
  return texts.some((text) => text !== undefined && patterns.some((pattern) => matchesPattern(pattern, text)));
}
