// Prints the comparison: `cargo xtask bench`. README.md says what is compared and how.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { chromium, edge, workerd } from './elsewhere.mjs';
import { node } from './node.mjs';
import { prepare } from './project.mjs';
import { table } from './table.mjs';

/** The same names as in xtask/src/bench.rs, which refuses all others. */
const RUNTIMES = { node, edge, workerd, chromium };

const { values } = parseArgs({ options: { runtime: { type: 'string', default: 'node' }, json: { type: 'boolean', default: false } } });

// Not on stdout, which is for the result.
const progress = (what) => console.error(`measuring: ${what}`);
const project = await prepare('bench');
const { version, rows } = await RUNTIMES[values.runtime](project, progress);
const report = {
  package: `countersign ${project.version}`,
  date: new Date().toISOString().slice(0, 10),
  runtime: version,
  machine: { cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: cpus().length, system: `${process.platform} ${process.arch}` },
  rows,
};
console.log(values.json ? JSON.stringify(report, null, 2) : table(report));
