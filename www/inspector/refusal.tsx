import { explainError } from './errors';
import { Prose } from './prose';
import type { Reading } from './reading';

/** Why the text is not a token, by the error code that the package gives. */
export function Refusal({ reading }: { reading: Extract<Reading, { state: 'refused' }> }): React.JSX.Element {
  const { meaning, hint } = explainError(reading);
  const { fault, message } = reading;
  return (
    <section className="refusal" aria-labelledby="refusal-title">
      <p className="code">
        <code data-testid="error-code">{reading.code}</code>
      </p>
      <h2 id="refusal-title">
        <Prose>{`${message.charAt(0).toUpperCase()}${message.slice(1)}.`}</Prose>
      </h2>
      <p>
        <Prose>{meaning}</Prose>
      </p>
      {fault && (
        <p className="hint">
          Character {fault.index + 1} of {reading.token.length}: {fault.what}.
        </p>
      )}
      {hint && (
        <p className="hint">
          <Prose>{hint}</Prose>
        </p>
      )}
      <p className="aside">
        This is a <code>CountersignError</code>: your code sees the same <code>code</code> and the same message.
      </p>
    </section>
  );
}
