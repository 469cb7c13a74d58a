// The verdict on a case of the differential run, as text. It runs in every runtime.

/** The header and the claims that were read, or everything that the error says. */
export function verdictOf(countersign, { options, token }, now) {
  try {
    const verifier = countersign.createVerifier(options);
    try {
      const { header, claims } = verifier.verifySync(token, { now });
      return JSON.stringify({ header, claims });
    } finally {
      verifier[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
    }
  } catch (thrown) {
    if (!(thrown instanceof countersign.CountersignError)) return `not a CountersignError: ${thrown}`;
    const { code, claim, reason, option, message } = thrown;
    return JSON.stringify([code, claim, reason, option, message]);
  }
}
