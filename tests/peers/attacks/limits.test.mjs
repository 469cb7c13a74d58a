// Inputs whose cost counts, beside their verdict.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mint, setUp } from './setting.mjs';

const { verdict, verifierOf } = await setUp('peers-attacks-limits');

test('a token of 8 MB is refused before it is read', () => {
  const huge = `${mint()}${'A'.repeat(8 << 20)}`;
  const start = performance.now();
  for (let round = 0; round < 100; round += 1) assert.equal(verdict(huge), 'ERR_JWS_INVALID');
  const each = (performance.now() - start) / 100;
  assert.ok(each < 10, `refusing 8 MB took ${each.toFixed(1)} ms`);
});

test('a token in which every reading of a path leads on: each member is visited once', () => {
  const names = 15;
  const path = Array(names).fill('a');
  const nest = (left) =>
    left === 0
      ? {}
      : Object.fromEntries(
          [1, 2, 3].filter((length) => length <= left).map((length) => [path.slice(-length).join('.'), nest(left - length)]),
        );
  const token = mint(nest(names));
  assert.ok(token.length > 100_000, `${token.length} bytes`);
  const verifier = verifierOf({ claims: { [`${path.join('.')}.b`]: 'x' }, maxTokenBytes: 1 << 20 });
  assert.equal(verdict(token, verifier), `ERR_JWT_CLAIM_VALIDATION_FAILED ${path.join('.')}.b missing`);
});
