// Prints the comparison: `cargo xtask bench`. README.md says what is compared and how.
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { command } from '../../tests/js/runtimes/command.mjs';
import { nodeVersion } from '../../tests/node-versions/index.mjs';
import { chromium, edge, workerd } from './elsewhere.mjs';
import { markdown } from './markdown.mjs';
import { BY_VERSION, FOR_DOCS, USUAL, node } from './node.mjs';
import { prepare } from './project.mjs';
import { table } from './table.mjs';

/** The same names as in xtask/src/bench.rs, which refuses all others. */
const RUNTIMES = { node24: node, node26: node, edge, workerd, chromium };

const FORMATS = { table, markdown, json: (report) => JSON.stringify(report, null, 2) };

const { values } = parseArgs({
  options: {
    runtime: { type: 'string' },
    section: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
  },
});

// Not on stdout, which is for the result.
const progress = (what) => console.error(`measuring: ${what}`);
const sections = values.section ?? (values.markdown ? FOR_DOCS : USUAL);

/** The rows of this process. */
async function measureHere(name) {
  const project = await prepare('bench');
  const { version, rows } = await RUNTIMES[name](project, progress, sections);
  return { version: project.version, rows: rows.map((row) => ({ runtime: version, ...row })) };
}

/** The rows of Node.js 26, measured by a process of it: of the sections that differ between versions. */
async function measureIn26() {
  const named = sections.filter((section) => BY_VERSION.includes(section)).flatMap((section) => ['--section', section]);
  if (named.length === 0) return [];
  progress('Node.js 26');
  const script = fileURLToPath(import.meta.url);
  const text = await command(nodeVersion('26'), [script, '--runtime', 'node26', '--json', ...named], { timeout: 3_600_000 });
  return JSON.parse(text).rows;
}

const measured = await measureHere(values.runtime ?? 'node24');
const rows = values.runtime ? measured.rows : [...measured.rows, ...(await measureIn26())];
const report = {
  package: `countersign ${measured.version}`,
  command: ['cargo xtask bench', ...process.argv.slice(2)].join(' '),
  date: new Date().toISOString().slice(0, 10),
  machine: { cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: cpus().length, system: `${process.platform} ${process.arch}` },
  rows,
};
const format = values.json ? 'json' : values.markdown ? 'markdown' : 'table';
console.log(FORMATS[format](report));
