// Makes table.json of the rows: `node tests/attacks/make.mjs` writes it. The tokens are the same in every run.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { INPUTS, NOW, OPTIONS } from './setting.mjs';
import './rows/form.mjs';
import './rows/claims.mjs';
import './rows/tenants.mjs';
import './rows/keys.mjs';

export const FILE = fileURLToPath(new URL('table.json', import.meta.url));

/** Strings below this length are written as they are. */
const SHORT = 4096;

/** Writes a long string as pairs of a text and the number of its repetitions. */
function packed(text) {
  const runs = [];
  let end = 0;
  for (const { 0: run, 1: unit, index } of text.matchAll(/(.{4})\1{40,}/gs)) {
    if (index > end) runs.push([text.slice(end, index), 1]);
    runs.push([unit, run.length / unit.length]);
    end = index + run.length;
  }
  if (end < text.length) runs.push([text.slice(end), 1]);
  return { repeat: runs };
}

const pack = (_key, value) => (typeof value === 'string' && value.length >= SHORT ? packed(value) : value);

/** The text of the table: one row a line. */
export function tableText() {
  const inputs = INPUTS.map(({ input, rows }) => {
    const lines = rows.map((row) => `    ${JSON.stringify(row, pack)}`);
    return `  {"input":${JSON.stringify(input)},"rows":[\n${lines.join(',\n')}\n  ]}`;
  });
  return `{"now":${NOW},"options":${JSON.stringify(OPTIONS)},"inputs":[\n${inputs.join(',\n')}\n]}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(FILE, tableText());
