// Mutated tokens of the differential run (tests/peers/differential) have the same verdict in every runtime.

// What writeDifferential makes.
import { cases as tokens, now } from '../differential-cases.mjs';
import { verdictOf } from './differential-verdict.mjs';

export const cases = [
  {
    name: `differential: ${tokens.length} mutated tokens have the verdicts of Node.js 24`,
    run({ countersign, assert }) {
      const wrong = [];
      for (const given of tokens) {
        const found = verdictOf(countersign, given, now);
        if (found !== given.expected) wrong.push(`case ${given.number}: ${found}, not ${given.expected}`);
      }
      assert.same(wrong.slice(0, 5), [], `what is wrong in ${wrong.length} of ${tokens.length} cases`);
    },
  },
];
