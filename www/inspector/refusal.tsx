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
      {reading.parts.length > 1 && (
        <ol className="parts" aria-label="The parts that were found">
          {Array.from({ length: Math.min(5, Math.max(3, reading.parts.length)) }, (_, index) => {
            const length = reading.parts[index]?.length ?? 0;
            return (
              <li key={index} className={['ink-header', 'ink-claims', 'ink-signature'][index] ?? 'extra'} data-missing={length === 0}>
                <strong>{['Header', 'Claims', 'Signature'][index] ?? `Part ${index + 1}`}</strong>
                {length === 0 ? 'missing' : `${length.toLocaleString('en')} characters`}
              </li>
            );
          })}
        </ol>
      )}
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
        This is a <code>CountersignError</code>: your code sees the same <code>code</code> and the same message.{' '}
        <a href={`/docs/errors/${reading.code}`}>Cause and remedy</a>
      </p>
    </section>
  );
}
