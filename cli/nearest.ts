/** Which of the words that there are somebody most likely meant. */

/** `; did you mean "serve"?` when a word is near, else what is given instead. */
export function didYouMean(word: string, known: readonly string[], otherwise: string): string {
  const found = findNearest(word, known);
  return found === undefined ? otherwise : `; did you mean ${JSON.stringify(found)}?`;
}

/** The nearest of `known` if it differs by at most a third of its letters, the first of equals. */
export function findNearest(word: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Infinity;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance >= least || distance > Math.ceil(candidate.replace(/^-+/, "").length / 3)) continue;
    nearest = candidate;
    least = distance;
  }
  return nearest;
}

/**
 * How many letters have to be put in, taken out, exchanged or swapped with their neighbour to get from `a` to `b`
 * (Damerau and Levenshtein; no letter is touched twice).
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchange = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(exchange, last[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1);
      }
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}
