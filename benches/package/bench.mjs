// Prints the comparison: `cargo xtask bench`. README.md says what is compared and how.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { chromium, edge, workerd } from './elsewhere.mjs';
import { markdown } from './markdown.mjs';
import { FOR_DOCS, node } from './node.mjs';
import { prepare } from './project.mjs';
import { table } from './table.mjs';

/** The same names as in xtask/src/bench.rs, which refuses all others. */
const RUNTIMES = { node, node26: node, edge, workerd, chromium };

const FORMATS = { table, markdown, json: (report) => JSON.stringify(report, null, 2) };

const { values } = parseArgs({
  options: {
    runtime: { type: 'string', default: 'node' },
    section: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
  },
});

// Not on stdout, which is for the result.
const progress = (what) => console.error(`measuring: ${what}`);
const project = await prepare('bench');
const sections = values.section ?? (values.markdown ? FOR_DOCS : undefined);
const { version, rows } = await RUNTIMES[values.runtime](project, progress, sections);
const report = {
  package: `countersign ${project.version}`,
  command: ['cargo xtask bench', ...process.argv.slice(2)].join(' '),
  date: new Date().toISOString().slice(0, 10),
  runtime: version,
  machine: { cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: cpus().length, system: `${process.platform} ${process.arch}` },
  rows,
};
const format = values.json ? 'json' : values.markdown ? 'markdown' : 'table';
console.log(FORMATS[format](report));
