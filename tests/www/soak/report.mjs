// Sums up the parts of one or several runs, as the tables of docs/performance.md.
import { merge, percentile, slope } from './figures.mjs';

const MIB = 2 ** 20;

/** Minutes at the beginning of a run in which caches fill and engines compile. */
const WARM_UP = 3;
/** Fewer parts after that tell nothing of growth. */
const LEAST_PARTS = 6;

/**
 * The most that each may grow in a minute after the warm-up: the median of the slopes between all pairs of samples. `most` is the
 * bound of every single sample.
 */
export const BOUNDS = {
  'JavaScript heap after garbage collection, MiB': { of: ({ heapUsed }) => heapUsed / MIB, perMinute: 0.5 },
  'resident memory, MiB': { of: ({ rss }) => rss / MIB, perMinute: 3 },
  'linear memory of the WebAssembly modules, MiB': { of: ({ wasm }) => wasm / MIB, perMinute: 0.1, most: 12 },
  'open files and sockets': { of: ({ files }) => files, perMinute: 0.5 },
  'active resources of Node.js': { of: ({ resources }) => resources, perMinute: 0.5 },
};

const runsOf = (parts) => Object.values(Object.groupBy(parts, ({ begin }) => begin.at));

/** For each run and bound: `{ name, perMinute?, most, bound, isTooMuch }`. A short run has no `perMinute`. */
export function growth(parts) {
  return runsOf(parts).flatMap((run) =>
    Object.entries(BOUNDS).map(([name, { of, perMinute: bound, most: mostBound = Infinity }]) => {
      const points = [];
      let minutes = 0;
      for (const { seconds, state } of run) {
        minutes += seconds / 60;
        if (minutes > WARM_UP) points.push([minutes, of(state)]);
      }
      const most = Math.max(...run.map(({ state }) => of(state)));
      const perMinute = points.length < LEAST_PARTS ? undefined : slope(points);
      return {
        name,
        perMinute,
        most,
        bound,
        first: of(run[0].begin.state),
        warm: points[0]?.[1],
        last: of(run.at(-1).state),
        isTooMuch: perMinute > bound || most > mostBound,
      };
    }),
  );
}

const lines = (rows) => rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const ms = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0));
const count = (value) => value.toLocaleString('en');
const figure = (value) => (value === undefined ? '' : Number.isInteger(value) ? count(value) : value.toFixed(2));

/** The report in Markdown. */
export function report(parts) {
  const kinds = {};
  const faults = {};
  for (const part of parts) {
    for (const [name, times] of Object.entries(part.faults)) faults[name] = (faults[name] ?? 0) + times;
    for (const [name, kind] of Object.entries(part.kinds)) {
      const sum = (kinds[name] ??= { requests: 0, exceptions: {}, latency: {}, slowest: 0 });
      sum.requests += kind.requests;
      sum.slowest = Math.max(sum.slowest, kind.slowest);
      merge(sum.latency, kind.latency);
      merge(sum.exceptions, kind.exceptions);
    }
  }
  const total = { requests: 0, exceptions: {}, latency: {}, slowest: 0 };
  for (const kind of Object.values(kinds)) {
    total.requests += kind.requests;
    total.slowest = Math.max(total.slowest, kind.slowest);
    merge(total.latency, kind.latency);
    merge(total.exceptions, kind.exceptions);
  }
  const row = (name, { requests, exceptions, latency, slowest }) => [
    name,
    count(requests),
    count(Object.values(exceptions).reduce((sum, times) => sum + times, 0)),
    ...[0.5, 0.9, 0.99, 0.999].map((share) => ms(Math.min(percentile(latency, share), slowest))),
    ms(slowest),
  ];
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const wrong = sum(parts.map(({ wrongCount }) => wrongCount));
  return [
    lines([
      ['what', 'value'],
      ['---', '---'],
      ['minutes, in how many runs', `${(sum(parts.map(({ seconds }) => seconds)) / 60).toFixed(1)}, ${runsOf(parts).length}`],
      ['requests', count(total.requests)],
      ['wrong responses', count(wrong)],
      [
        'faults',
        `${sum(Object.values(faults))}: ${Object.entries(faults)
          .sort()
          .map(([name, times]) => `${name} ${times}`)
          .join(', ')}`,
      ],
      ...Object.entries(total.exceptions).map(([name, times]) => [`refused, because: ${name}`, count(times)]),
    ]),
    lines([
      ['kind of request', 'requests', 'exceptions', 'p50, ms', 'p90', 'p99', 'p99.9', 'most'],
      ['---', ...Array(7).fill('--:')],
      ...Object.keys(kinds)
        .sort()
        .map((name) => row(name, kinds[name])),
      row('all', total),
    ]),
    lines([
      ['of the process', 'at the start', 'after warm-up', 'at the end', 'most', 'growth a minute', 'bound'],
      ['---', ...Array(6).fill('--:')],
      ...growth(parts).map(({ name, first, warm, last, most, perMinute, bound }) => [
        name,
        ...[first, warm, last, most, perMinute].map(figure),
        `≤ ${bound}`,
      ]),
    ]),
  ].join('\n\n');
}
