// Chance that can be repeated: every case has a generator of its own, made of the run's seed and the case's number.

/** The generator of one case. Any two cases are independent, so a case can be made without those before it. */
export function randomOf(seed, number) {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) >>> 0;
  // splitmix32: small, and good enough to choose with.
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  /** A whole number from 0, less than `limit`. */
  const int = (limit) => Math.floor((next() / 2 ** 32) * limit);
  return { int, pick: (list) => list[int(list.length)], chance: (share) => next() < share * 2 ** 32 };
}
