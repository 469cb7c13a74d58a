// The table of attacks is what its generator makes. Its rows run natively (tests/core/attacks.rs) and in every engine (tests/js/cases/attacks.mjs).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FILE, tableText } from '../../attacks/make.mjs';
import { INPUTS } from '../../attacks/setting.mjs';

test('the table of attacks is the one that `node tests/attacks/make.mjs` writes', () => {
  // Not compared by `equal`, whose message would show both.
  assert.ok(readFileSync(FILE, 'utf8') === tableText(), 'run `node tests/attacks/make.mjs`');
});

test('the rows of an input have names of their own', () => {
  for (const { input, rows } of INPUTS) assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length, input);
});
