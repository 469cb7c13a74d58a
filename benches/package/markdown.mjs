// The report as the tables of docs/performance.md (the figures against targets) and of benches/package/README.md (the parts of the module).
import { micro, percent, ratio, runtimesOf, whole } from './figures.mjs';
import { featuresOf } from './parts.mjs';

export function markdown(report) {
  const { cpu, cores, system } = report.machine;
  const runtimes = runtimesOf(report);
  const texts = [`\`${report.command}\` on ${report.date}, ${report.package} in ${runtimes.join(' and ')}, ${system}, ${cores} × ${cpu}:`];
  const times = report.rows.filter(({ section }) => section === 'time');
  if (times.length > 0) texts.push(timesOf(times));
  const compared = Object.entries(LINES).flatMap(([section, line]) => {
    const rows = report.rows.filter((row) => row.section === section);
    return rows.flatMap((row, i) => line(row, rows.slice(0, i)));
  });
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

/** A line for each comparison, with CPU time and the two ratios in each runtime; with wall time where there is no other. */
function timesOf(rows) {
  const runtimes = [...new Set(rows.map(({ runtime }) => runtime))];
  const [main] = runtimes;
  const kind = rows[0].cpu ? 'CPU' : 'wall';
  const time = (row) => `${micro((row.cpu ?? row).median)} µs`;
  const cells = runtimes.flatMap((runtime) => [`${kind}, ${runtime}`, 'the other', 'CPU ratio', 'wall ratio']);
  const compared = rows.filter((row) => row.runtime === main && row.ratio !== undefined);
  return lines(
    [
      ['what', 'against', ...cells, `${kind} target`],
      ...compared.map(({ name, subject, target }) => {
        const figures = runtimes.flatMap((runtime) => {
          const found = rows.filter((row) => row.runtime === runtime && row.name === name);
          const other = found.find((row) => row.subject === subject);
          return [time(found[0]), time(other), ratio(other.cpuRatio), ratio(other.ratio)];
        });
        return [name, subject, ...figures, atMost(ratio, target)];
      }),
    ],
    2,
  );
}

/** Of a row, the cells of its line: none for what only another line is compared with. The rows before it are of the same section. */
const LINES = {
  cold(row, before) {
    if (row.ratio === undefined) return [];
    return [
      [
        // Measured in several versions, so the line says in which.
        `first verified token of a process, ${row.runtime}`,
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
    const open = before.findLast((other) => other.ratio === undefined);
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
