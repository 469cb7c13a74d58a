// The report for people. Ratios are this package to the other: below 1, this one is faster.

export function table(report) {
  const { cpu, cores, system } = report.machine;
  const parts = [`${report.package} in ${report.runtime}, ${report.date}, ${system}, ${cores} × ${cpu}`];
  for (const [section, print] of Object.entries(SECTIONS)) {
    const rows = report.rows.filter((row) => row.section === section);
    if (rows.length > 0) parts.push(print(rows));
  }
  return parts.join('\n\n');
}

const SECTIONS = { time: times, 'cold start': coldStart, size: sizes, memory, refusal: refusals };

const fixed = (digits) => (value) => (value === undefined ? '' : value.toFixed(digits));
const micro = fixed(1);
const ratio = fixed(2);
const whole = (value) => (value === undefined ? '' : value.toLocaleString('en'));
const atMost = (show) => (value) => (value === undefined ? '' : `≤ ${show(value)}`);

function times(rows) {
  const columns = ['µs a call, one after the other', 'median', 'least', 'most', 'ratio', 'target'];
  const lines = rows.flatMap(({ name, subject, median, min, max, ratio: found, target }, i) => {
    const figures = [`  ${subject}`, micro(median), micro(min), micro(max), ratio(found), atMost(ratio)(target)];
    return rows[i - 1]?.name === name ? [figures] : [[name], figures];
  });
  return aligned([columns, ...lines]);
}

function coldStart(rows) {
  const columns = [`cold start, ms (${rows[0].processes} processes each)`, 'median', 'least', 'most', 'ratio', 'target'];
  return aligned([columns, ...rows.map((row) => [row.name, micro(row.median), micro(row.min), micro(row.max), ratio(row.ratio), atMost(ratio)(row.target)])]);
}

function sizes(rows) {
  const columns = ['size, bytes (JavaScript minified)', 'raw', 'gzip', 'brotli', '', 'gzip target'];
  return aligned([columns, ...rows.map(({ name, raw, gzip, brotli, target }) => [name, whole(raw), whole(gzip), whole(brotli), '', atMost(whole)(target)])]);
}

function memory(rows) {
  const lines = rows.map(({ verifications, bytes, target }) => [`after ${whole(verifications)} verifications`, whole(bytes), '', '', '', atMost(whole)(target)]);
  return aligned([['linear memory, bytes', 'taken', '', '', '', 'target'], ...lines]);
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
function aligned(lines) {
  const widths = [34, 9, 9, 9, 9, 11];
  return lines
    .map((line) => (line.length === 1 ? line[0] : line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' ')).trimEnd())
    .join('\n');
}
