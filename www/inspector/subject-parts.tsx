import type { Json } from './reading';
import { readSubject } from './subject';

/** The subject taken apart, each part beside the claim that must say the same. */
export function Subject({ claims }: { claims: Json }): React.JSX.Element | null {
  const parts = readSubject(claims);
  if (!parts) return null;
  const agree = parts.every((part) => part.agrees);
  return (
    <section aria-labelledby="subject-title">
      <div className="bar">
        <h2 id="subject-title">The subject, taken apart</h2>
        <span className="aside">{agree ? 'agrees with the claims' : 'does not agree with the claims'}</span>
      </div>
      <dl className="subject">
        {parts.map(({ key, value, claim, agrees }) => (
          <div key={key} data-agrees={agrees}>
            <dt>
              {key}
              <span aria-hidden="true">:</span>
            </dt>
            <dd className="value">{value}</dd>
            <dd className="check">
              {agrees ? (
                <>
                  <span aria-hidden="true">= </span>
                  <span className="sr-only">same as </span>claim <code>{key}</code>
                </>
              ) : (
                <>
                  <span aria-hidden="true">≠ </span>
                  <span className="sr-only">differs from </span>claim <code>{key}</code>
                  {claim === undefined ? ', which is missing' : <>: <b>{String(claim)}</b></>}
                </>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
