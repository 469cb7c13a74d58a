// How figures are written, in the table and in Markdown. What is undefined is left empty.

const show = (write) => (value) => (value === undefined ? '' : write(value));

export const micro = show((value) => value.toFixed(1));
export const ratio = show((value) => value.toFixed(2));
export const percent = show((value) => `${(100 * value).toFixed(1)} %`);
export const whole = show((value) => value.toLocaleString('en'));

/** The runtimes of a report, in their order. */
export const runtimesOf = ({ rows }) => [...new Set(rows.map(({ runtime }) => runtime))];
