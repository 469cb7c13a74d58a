// The report as the tables of docs/performance.md (the figures against targets) and of benches/package/README.md (the parts of the module).
import { micro, percent, ratio, whole } from './figures.mjs';
import { featuresOf } from './parts.mjs';

export function markdown(report) {
  const { cpu, cores, system } = report.machine;
  const texts = [`\`${report.command}\` on ${report.date}, ${report.package} in ${report.runtime}, ${system}, ${cores} × ${cpu}:`];
  const compared = report.rows.flatMap((row, i, rows) => LINES[row.section]?.(row, rows.slice(0, i)) ?? []);
  if (compared.length > 0) texts.push(lines([['what', 'against', 'Countersign', 'the other', 'ratio', 'target'], ...compared], 2));
  const modules = new Set(report.rows.filter(({ section }) => section === 'parts').map(({ module }) => module));
  for (const module of modules) {
    const parts = report.rows.filter((row) => row.section === 'parts' && row.module === module);
    const weights = (what, rows) =>
      lines(
        [
          [what, 'functions', 'bytes', 'of the gzip'],
          ...rows.map(({ name, functions, raw, gzip }) => [name, whole(functions), whole(raw), whole(gzip)]),
        ],
        1,
      );
    texts.push(
      weights(`what it is there for in ${module}`, featuresOf(parts)),
      weights(
        `part of ${module}`,
        parts.map((row) => ({ ...row, name: row.name.replace(/^[\w:]+$/, '`$&`') })),
      ),
    );
  }
  return texts.join('\n\n');
}

/** Of a row, the cells of its line: none for what only another line is compared with. The rows before it are of the same report. */
const LINES = {
  time(row, before) {
    if (row.ratio === undefined) return [];
    const ours = before.findLast((other) => other.section === 'time' && other.ratio === undefined);
    return [[row.name, row.subject, `${micro(ours.median)} µs`, `${micro(row.median)} µs`, ratio(row.ratio), atMost(ratio, row.target)]];
  },
  cold(row, before) {
    if (row.ratio === undefined) return [];
    return [
      [
        'first verified token of a process',
        row.name,
        `${micro(before.at(-1).median)} ms`,
        `${micro(row.median)} ms`,
        ratio(row.ratio),
        atMost(ratio, row.target),
      ],
    ];
  },
  size: ({ name, gzip, target }) => [[`${name}, gzip`, '', whole(gzip), '', '', atMost(whole, target)]],
  memory,
  endurance: memory,
  route(row, before) {
    if (row.ratio === undefined) return [];
    const open = before.findLast((other) => other.section === 'route' && other.ratio === undefined);
    return [
      [
        row.name,
        open.name,
        `${whole(Math.round(row.median))} req/s`,
        `${whole(Math.round(open.median))} req/s`,
        percent(row.ratio),
        `≥ ${percent(row.target)}`,
      ],
    ];
  },
};

function memory({ of, verifications, bytes, target }) {
  return [[`linear memory after ${whole(verifications)} verifications (${of})`, '', whole(bytes), '', '', atMost(whole, target)]];
}

const atMost = (write, target) => (target === undefined ? '' : `≤ ${write(target)}`);

/** A table whose first columns stand to the left, the others to the right. */
function lines([head, ...rows], left) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i < left ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

/** What the lines of such a table are about: the first two cells of each. */
export const subjectsOf = (text) =>
  [...text.matchAll(/^\| (.+?) \| (.*?) ?\| .*\|$/gm)]
    .map(([, what, against]) => [what, against])
    .filter(([what]) => what !== 'what' && what !== '---');
