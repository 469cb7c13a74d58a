// The table of attacks, through the public entry. `tests/core/attacks.rs` runs the same rows natively; `tests/attacks` makes them.

// What installProject makes of tests/attacks/table.json: not every engine imports JSON.
import table from '../attacks-table.mjs';

/** A value of the table; `{ repeat: [[text, count], …] }` stands for a long string. */
const expand = (value) => {
  if (Array.isArray(value)) return value.map(expand);
  if (typeof value !== 'object' || value === null) return value;
  if (value.repeat) return value.repeat.map(([text, count]) => text.repeat(count)).join('');
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, expand(member)]));
};

/** The code with the claim and the reason, or with the option. */
function refusal({ CountersignError }, thrown) {
  if (!(thrown instanceof CountersignError)) return `not a CountersignError: ${thrown}`;
  const { code, claim, reason, option, message, stack } = thrown;
  if (/eyJ/.test(`${message}${stack}`)) return 'an error with text of the token';
  return [code, claim, reason, option].filter(Boolean).join(' ');
}

/** The outcomes of `verifySync`, of a second call, and of `verify`. */
async function outcomes(countersign, { token, verifier: kind, options, now = table.now }) {
  try {
    const verifier =
      kind === 'vercel' ? countersign.createVercelVerifier(options) : countersign.createVerifier({ ...expand(table.options), ...options });
    const sync = async () => verifier.verifySync(token, { now });
    const calls = [sync, sync, () => verifier.verify(token, { now })];
    const found = [];
    for (const call of calls) {
      found.push(
        await call().then(
          () => 'accepted',
          (thrown) => refusal(countersign, thrown),
        ),
      );
    }
    verifier[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
    return found;
  } catch (thrown) {
    return [refusal(countersign, thrown)];
  }
}

export const cases = table.inputs.map(({ input, rows }) => ({
  name: `attack: ${input}`,
  async run({ countersign, assert }) {
    const wrong = [];
    for (const row of rows) {
      for (const found of await outcomes(countersign, expand(row)))
        if (found !== row.expected) wrong.push(`${row.name}: ${found}, not ${row.expected}`);
    }
    assert.same(wrong, [], `what is wrong in ${rows.length} rows`);
  },
}));
