// What is read out of dotenv files is what other readers read; and what is written, they read back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import dotenv from 'dotenv';
import { infra } from './package.mjs';

/** Pieces from which files are put together: each combination is read by all, or refused by ours. */
const PIECES = [
  'A',
  'B',
  '=',
  ' ',
  '\n',
  '#',
  "'",
  '"',
  '`',
  '\\n',
  '\\',
  '$',
  'x',
  'é',
  '\r\n',
  'export ',
  'A=x\n',
  "B='x y'\n",
  'C="x#y"\n',
  '# z\n',
  '',
];

test('200,000 files are read as dotenv and Node.js read them, or refused', () => {
  let [state, read, refused] = [1, 0, 0];
  const next = (below) => (state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff) % below;
  for (let n = 0; n < 200_000; n += 1) {
    const file = Array.from({ length: 1 + next(9) }, () => PIECES[next(PIECES.length)]).join('');
    let ours;
    try {
      ours = infra.readVariables(file, 'dotenv');
    } catch (error) {
      assert.equal(error.code, 'ERR_INVALID_OPTION');
      refused += 1;
      continue;
    }
    if (Object.keys(ours).length === 0) continue;
    read += 1;
    assert.deepEqual(ours, dotenv.parse(file), `dotenv reads ${JSON.stringify(file)} differently`);
    // Node.js 20 takes a line of comments, or a blank one with a carriage return, for the name of the next variable.
    if (!/[#\r]/.test(file)) assert.deepEqual(ours, { ...parseEnv(file) }, `Node.js reads ${JSON.stringify(file)} differently`);
  }
  assert.ok(read > 10_000 && refused > 10_000, `${read} read, ${refused} refused`);
});

test('what is written, dotenv and Node.js read back', () => {
  const values = {
    EMPTY: '',
    PLAIN: 'a-b_c.d/e:f',
    SPACES: ' a  b ',
    HASH: 'a # b',
    DOLLAR: '$a ${b}',
    QUOTE: "it's",
    BOTH: '"x"',
    BACK: 'a\\nb',
    LINES: 'a\nb',
    EQUALS: 'a=b==',
    UNICODE: 'é😀',
  };
  const file = infra.formatDotenv(values);
  assert.deepEqual(dotenv.parse(file), values);
  assert.deepEqual({ ...parseEnv(file) }, values);
  assert.deepEqual(infra.readVariables(file, 'dotenv'), values);
});

test('outputs of each tool become variables', () => {
  const json = JSON.stringify({ roleArn: 'arn', bucket: { name: 'b' }, AWS_REGION: 'eu-central-1' });
  assert.deepEqual(infra.readVariables(json, 'sst', { AWS_ROLE_ARN: 'roleArn' }), { AWS_ROLE_ARN: 'arn' });
  assert.throws(() => infra.readVariables(json, 'sst'), { code: 'ERR_INVALID_OPTION' });
  assert.throws(() => infra.readVariables(json, 'sst', { X: 'gone' }), { message: '`map.X` names an output that is not there' });
  const terraform = JSON.stringify({ AWS_REGION: { sensitive: false, type: 'string', value: 'eu-central-1' } });
  assert.deepEqual(infra.readVariables(terraform, 'terraform'), { AWS_REGION: 'eu-central-1' });
});
