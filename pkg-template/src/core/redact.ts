// Objects with secrets that can be read and are not printed.

/**
 * Makes an object whose secrets can be read by their names. They are accessors of its prototype, so what lists, prints, compares
 * or clones the object's own members does not find them: `util.inspect` with any options, `console.dir`, `console.table`,
 * differences of assertions, `structuredClone`, `{ ...object }`. `JSON.stringify` and `console.log` show `[redacted]`.
 */
export function redact(visible: object, secrets: Record<string, unknown>): object {
  const redacted = (): object => ({ ...visible, ...Object.fromEntries(Object.keys(secrets).map((name) => [name, '[redacted]'])) });
  const prototype = Object.create(Object.prototype, {
    toJSON: { value: redacted },
    toString: { value: () => '[redacted]' },
    [Symbol.for('nodejs.util.inspect.custom')]: { value: redacted },
  });
  for (const [name, secret] of Object.entries(secrets)) Object.defineProperty(prototype, name, { get: () => secret });
  hideAccessors(prototype);
  return Object.assign(Object.create(prototype), visible);
}

/**
 * Keeps `util.inspect` from calling the accessors of a prototype, as it does with `showHidden` and `getters`: it stops at a
 * prototype whose constructor is built in.
 */
function hideAccessors(prototype: object): void {
  Object.defineProperty(prototype, 'constructor', { value: Object });
}
