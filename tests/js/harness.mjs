// Runs the suite where there is no test runner: in a worker, in a page, in a sandbox. Uses the language and nothing else.

/** @typedef {{countersign: object} & Record<string, object>} Entries the package's entries, as imported */
/** @typedef {Entries & {assert: ReturnType<typeof makeAssert>}} Env what a case gets */
/** @typedef {{name: string, error: string | null}} Result */

/**
 * Runs every case, one after the other.
 * @param {import('./suite.mjs').Case[]} cases
 * @param {Entries} entries
 * @returns {Promise<Result[]>}
 */
export async function runSuite(cases, entries) {
  const env = { ...entries, assert: makeAssert(entries.countersign) };
  const results = [];
  for (const { name, run } of cases) {
    let error = null;
    try {
      await run(env);
    } catch (thrown) {
      error = thrown instanceof Error ? `${thrown.name}: ${thrown.message}\n${thrown.stack}` : `thrown, not an Error: ${String(thrown)}`;
    }
    results.push({ name, error });
  }
  return results;
}

function makeAssert(countersign) {
  /** Whether something was refused in the documented way: a CountersignError with this code. */
  function refused(thrown, code) {
    if (!(thrown instanceof countersign.CountersignError)) throw new Error(`wanted a CountersignError ${code}, got ${show(thrown)}`);
    if (thrown.code !== code) throw new Error(`wanted ${code}, got ${thrown.code}: ${thrown.message}`);
    return thrown;
  }

  return {
    ok(value, what = 'the value') {
      if (!value) throw new Error(`${what} is ${show(value)}`);
    },
    equal(actual, expected, what = 'the value') {
      if (!Object.is(actual, expected)) throw new Error(`${what} is ${show(actual)}, not ${show(expected)}`);
    },
    /** Equal as JSON, with members in any order. */
    same(actual, expected, what = 'the value') {
      if (canonical(actual) !== canonical(expected)) throw new Error(`${what} is ${canonical(actual)}, not ${canonical(expected)}`);
    },
    match(actual, pattern, what = 'the text') {
      if (!pattern.test(actual)) throw new Error(`${what} is ${show(actual)}, which ${pattern} does not match`);
    },
    /** An error of this option: it is named in `option`, for programs, and in the message, for people. */
    option(error, name, what = 'the option') {
      if (error.option !== name) throw new Error(`${what} is ${show(error.option)}, not ${show(name)}: ${error.message}`);
      if (!error.message.includes(`\`${name}\``)) throw new Error(`the message does not name ${name}: ${error.message}`);
    },
    /** Returns the error, for more questions. */
    throws(run, code) {
      let value;
      try {
        value = run();
      } catch (thrown) {
        return refused(thrown, code);
      }
      throw new Error(`wanted ${code}, got the value ${show(value)}`);
    },
    /** Takes a promise or a function; resolves to the error. */
    async rejects(work, code) {
      let value;
      try {
        value = await (typeof work === 'function' ? work() : work);
      } catch (thrown) {
        return refused(thrown, code);
      }
      throw new Error(`wanted ${code}, got the value ${show(value)}`);
    },
  };
}

function canonical(value) {
  return JSON.stringify(value, (_key, member) =>
    member && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

function show(value) {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
