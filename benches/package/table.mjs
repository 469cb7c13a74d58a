// The report for people. Ratios are this package to the other: below 1, this one is faster.
import { micro, percent, ratio, runtimesOf, whole } from './figures.mjs';
import { featuresOf } from './parts.mjs';

export function table(report) {
  const { cpu, cores, system } = report.machine;
  const parts = [`${report.package}, ${report.date}, ${system}, ${cores} × ${cpu}`];
  for (const runtime of runtimesOf(report)) {
    parts.push(`in ${runtime}`);
    for (const [section, print] of Object.entries(SECTIONS)) {
      const rows = report.rows.filter((row) => row.section === section && row.runtime === runtime);
      if (rows.length > 0) parts.push(print(rows));
    }
  }
  return parts.join('\n\n');
}

const SECTIONS = { time: times, cold: coldStart, size: sizes, parts, memory, endurance: memory, route: routes, refusal: refusals };

const atMost = (show) => (value) => (value === undefined ? '' : `≤ ${show(value)}`);

/** CPU time of all threads, then wall time; a target is of CPU time where there is any. */
function times(rows) {
  const columns = ['µs a call, one after the other', 'CPU', 'wall', 'least', 'CPU ratio', 'wall ratio', 'target'];
  const lines = rows.flatMap(({ name, subject, cpu, median, min, ratio: wallRatio, cpuRatio, target }, i) => {
    const figures = [
      `  ${subject}`,
      micro(cpu?.median),
      micro(median),
      micro(min),
      ratio(cpuRatio),
      ratio(wallRatio),
      atMost(ratio)(target),
    ];
    return rows[i - 1]?.name === name ? [figures] : [[name], figures];
  });
  return aligned([columns, ...lines]);
}

function coldStart(rows) {
  const columns = [`cold start, ms (${rows[0].processes} processes each)`, 'median', 'least', 'most', 'ratio', 'target'];
  return aligned([
    columns,
    ...rows.map((row) => [row.name, micro(row.median), micro(row.min), micro(row.max), ratio(row.ratio), atMost(ratio)(row.target)]),
  ]);
}

function sizes(rows) {
  const columns = ['size, bytes (JavaScript minified)', 'raw', 'gzip', 'brotli', '', 'gzip target'];
  return aligned([
    columns,
    ...rows.map(({ name, raw, gzip, brotli, target }) => [name, whole(raw), whole(gzip), whole(brotli), '', atMost(whole)(target)]),
  ]);
}

function parts(all) {
  const modules = [...new Set(all.map(({ module }) => module))];
  return modules
    .map((module) =>
      partsOf(
        module,
        all.filter((row) => row.module === module),
      ),
    )
    .join('\n\n');
}

function partsOf(module, rows) {
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  const all = { name: 'all', functions: sum('functions'), raw: sum('raw'), gzip: sum('gzip') };
  const lines = (list) => list.map(({ name, functions, raw, gzip }) => [name, whole(raw), whole(gzip), whole(functions)]);
  const columns = ['raw', 'gzip', 'functions'];
  const features = aligned([[`wasm ${module} by what it is there for, bytes`, ...columns], ...lines([...featuresOf(rows), all])], 56);
  return [features, aligned([[`wasm ${module} by parts`, ...columns], ...lines(rows)], 56)].join('\n\n');
}

function memory(rows) {
  const lines = rows.map(({ verifications, bytes, target }) => [
    `after ${whole(verifications)} verifications`,
    whole(bytes),
    '',
    '',
    '',
    atMost(whole)(target),
  ]);
  return aligned([[`linear memory, bytes (${rows[0].of})`, 'taken', '', '', '', 'target'], ...lines], 48);
}

/** Here a ratio is of requests per second, so that less than 100 % is a loss; half of the rounds lie between the two beside it. */
function routes(rows) {
  const columns = [`requests/s (${rows[0].rounds} rounds each)`, 'median', 'least', 'most', 'ratio', 'half from', 'to', 'target'];
  const rate = (value) => whole(Math.round(value));
  const lines = rows.map(({ name, median, min, max, ratio: kept, ratioQuarter, ratioThreeQuarters, target }) => [
    name,
    ...[median, min, max].map(rate),
    ...[kept, ratioQuarter, ratioThreeQuarters].map(percent),
    target === undefined ? '' : `≥ ${percent(target)}`,
  ]);
  return aligned([columns, ...lines], 48);
}

/** Two lines a shape. Linear is where the time per byte does not grow from left to right. */
function refusals(rows) {
  const names = [...new Set(rows.map(({ name }) => name))];
  const of = (name) => rows.filter((row) => row.name === name);
  const columns = ['refused, µs and ns per byte', ...of(names[0]).map(({ size }) => `${size / 1024} KiB`)];
  const lines = names.flatMap((name) => [
    [`${name} (${of(name)[0].code})`],
    ['  µs', ...of(name).map(({ median }) => micro(median))],
    ['  ns per byte', ...of(name).map(({ nsPerByte }) => micro(nsPerByte))],
  ]);
  return aligned([columns, ...lines]);
}

/** The first column to the left, the others to the right. */
function aligned(lines, first = 34) {
  const width = (i) => (i === 0 ? first : i === 5 ? 11 : 10);
  return lines
    .map((line) =>
      (line.length === 1 ? line[0] : line.map((cell, i) => (i === 0 ? cell.padEnd(first) : cell.padStart(width(i)))).join(' ')).trimEnd(),
    )
    .join('\n');
}
