// Everything that is measured in Node.js.
import * as jose from 'jose';
import { coldStart } from './cold.mjs';
import { contests } from './contests.mjs';
import { rowsOf } from './measure.mjs';
import { memory } from './memory.mjs';
import { withPeers } from './peers.mjs';
import { refusals } from './refusals.mjs';
import { sizes } from './sizes.mjs';
import { subject, subjects } from './tokens.mjs';

/** More than the cache of verified tokens holds, so that it has to let some go. */
const MANY_TOKENS = 4096;
const VERIFICATIONS = [10_000, 100_000, 1_000_000];

export async function node({ folder, entries, claims, policy }, progress) {
  const rows = [];
  const data = { ...policy, subjects: subjects(claims) };
  const { countersign } = entries;
  for (const contest of withPeers(contests({ countersign, jose }, data, { node: true }), entries, data)) {
    progress(contest.name);
    rows.push(...(await rowsOf(contest)));
  }
  progress('cold start');
  rows.push(...(await coldStart(folder, data)).map((row) => ({ section: 'cold start', unit: 'ms', ...row })));
  rows.push(...(await sizes(folder)).map((row) => ({ section: 'size', unit: 'bytes', ...row })));
  for (const { name, code, sizes } of await refusals(countersign, progress)) {
    rows.push(...sizes.map((size) => ({ section: 'refusal', unit: 'µs', name, code, ...size })));
  }
  progress(`memory, over ${VERIFICATIONS.at(-1)} verifications`);
  const many = { ...policy, subjects: { 'RS256 2048': subject('RS256 2048', claims, MANY_TOKENS) } };
  rows.push(...(await memory(folder, entries, many, VERIFICATIONS)).map((row) => ({ section: 'memory', unit: 'bytes', ...row })));
  return { version: `Node.js ${process.versions.node}`, rows };
}
