// Everything that is measured in Node.js, section by section.
import * as jose from 'jose';
import { coldStart } from './cold.mjs';
import { benchmarks } from './benchmarks.mjs';
import { rowsOf } from './measure.mjs';
import { distinctTokens, memory, tokensInTurn } from './memory.mjs';
import { MODULES, parts } from './parts.mjs';
import { withPeers } from './peers.mjs';
import { refusals } from './refusals.mjs';
import { route } from './route.mjs';
import { sizes } from './sizes.mjs';
import { subjects } from './tokens.mjs';

const MILLION = 1_000_000;

/** Each gives the rows of one part of the report. The same names as in xtask/src/bench.rs, which refuses all others. */
const SECTIONS = {
  async time({ entries, data }, progress) {
    const rows = [];
    for (const benchmark of withPeers(benchmarks({ countersign: entries.countersign, jose }, data, { node: true }), entries, data)) {
      progress(benchmark.name);
      rows.push(...(await rowsOf(benchmark)));
    }
    return rows;
  },
  cold: ({ folder, data }) => coldStart(folder, data),
  size: ({ folder }) => sizes(folder),
  parts: async () => (await Promise.all(MODULES.map(parts))).flat(),
  async refusal({ entries }, progress) {
    const rows = await refusals(entries.countersign, progress);
    return rows.flatMap(({ name, code, sizes }) => sizes.map((size) => ({ name, code, ...size })));
  },
  memory: ({ folder, entries, policy, claims }) => memory(folder, entries, policy, distinctTokens(claims), [10_000, 100_000, MILLION]),
  endurance: ({ folder, entries, policy, claims }) => memory(folder, entries, policy, tokensInTurn(claims), [MILLION, 10 * MILLION]),
  route: ({ claims }, progress) => route(claims, progress),
};

/** What a run measures that names nothing: what takes many minutes, and what needs an app, are asked for by name. */
export const USUAL = ['time', 'cold', 'size', 'refusal', 'memory'];
/** The sections that are measured in Node.js 26 too, unless one version is named. */
export const BY_VERSION = ['time', 'cold'];
/** The sections of the tables in docs/performance.md. */
export const FOR_DOCS = ['time', 'cold', 'size', 'memory', 'route'];

const UNITS = {
  time: 'µs',
  cold: 'ms',
  size: 'bytes',
  parts: 'bytes',
  refusal: 'µs',
  memory: 'bytes',
  endurance: 'bytes',
  route: 'requests/s',
};

export async function node(project, progress, wanted) {
  const data = { ...project.policy, subjects: subjects(project.claims) };
  const rows = [];
  for (const section of wanted) {
    progress(section);
    rows.push(...(await SECTIONS[section]({ ...project, data }, progress)).map((row) => ({ section, unit: UNITS[section], ...row })));
  }
  return { version: `Node.js ${process.versions.node}`, rows };
}
