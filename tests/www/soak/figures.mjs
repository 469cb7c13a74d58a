// Latencies that add up over runs, and whether something grows.

/** Each bucket of latencies reaches 2 % further than the one before. */
const STEP = Math.log(1.02);

/** Adds a latency in milliseconds to buckets, which can be kept as JSON. */
export function record(buckets, ms) {
  const bucket = Math.ceil(Math.log(Math.max(ms, 0.001)) / STEP);
  buckets[bucket] = (buckets[bucket] ?? 0) + 1;
}

/** Adds the buckets of `from` to those of `to`. */
export function merge(to, from) {
  for (const [bucket, count] of Object.entries(from)) to[bucket] = (to[bucket] ?? 0) + count;
  return to;
}

/** The latency in milliseconds that a share of the requests does not exceed, to 2 %. */
export function percentile(buckets, share) {
  const sorted = Object.entries(buckets)
    .map(([bucket, count]) => [Number(bucket), count])
    .sort(([a], [b]) => a - b);
  let left = share * sorted.reduce((sum, [, count]) => sum + count, 0);
  for (const [bucket, count] of sorted) {
    left -= count;
    if (left <= 0) return Math.exp(bucket * STEP);
  }
  return undefined;
}

/** The median of the slopes between all pairs of points (Theil–Sen), which single outliers do not change. */
export function slope(points) {
  const slopes = points.flatMap(([x, y], i) => points.slice(i + 1).map(([x2, y2]) => (y2 - y) / (x2 - x)));
  return slopes.sort((a, b) => a - b)[slopes.length >> 1];
}
