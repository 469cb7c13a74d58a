// Faults of a call, apart from the findings of the command.

import type { CountersignError } from '../core/errors.js';

/** A mistake in the call: shown as one sentence, with exit code 2. */
export class UsageError extends Error {}

/** Something outside of the call is not as it must be, such as a file: shown as one sentence, with exit code 1. */
export class Failure extends Error {}

/**
 * A refused option in the words of the command line. `names` has the options that are written in another way there, by their
 * names in JavaScript.
 */
export function usageError(error: CountersignError, names: Readonly<Record<string, string>> = {}): UsageError {
  const { option = '' } = error;
  const [name = ''] = option.split('.');
  return new UsageError(error.message.replace(`\`${option}\``, () => `\`--${names[name] ?? name}\``));
}

/** The word among the known ones that was probably meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const scored = known.map((candidate) => ({
    candidate,
    far: candidate.startsWith(word) && word.length > 1 ? 1 : distance(word, candidate),
  }));
  const best = scored.sort((a, b) => a.far - b.far)[0];
  return best && best.far <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

/** How many letters must be put in, taken out, changed, or swapped with the next, to make one word the other. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const at = (list: number[], index: number): number => list[index] ?? Infinity;
      let least = Math.min(at(row, j) + 1, at(next, j - 1) + 1, at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, at(before, j - 2) + 1);
      next.push(least);
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? Infinity;
}
