import { type SubjectPart, escapeHidden } from 'countersign/explain';
import { visible, type Json } from './reading';

/** The subject taken apart, each part beside the claim that must say the same. */
export function Subject({ parts, claims }: { parts: readonly SubjectPart[] | undefined; claims: Json }): React.JSX.Element | null {
  if (!parts) return null;
  const checked = parts.filter(({ agrees }) => agrees !== undefined);
  const agree = checked.every(({ agrees }) => agrees);
  return (
    <section id="subject" aria-labelledby="subject-title">
      <div className="bar">
        <h2 id="subject-title">The subject, taken apart</h2>
        {checked.length > 0 && <span className="aside">{agree ? 'agrees with the claims' : 'does not agree with the claims'}</span>}
      </div>
      <dl className="subject">
        {parts.map(({ key, value, claim, agrees }) => (
          <div key={key} data-agrees={agrees}>
            <dt>{key}</dt>
            <dd className="value">{escapeHidden(value)}</dd>
            {claim !== undefined && (
              <dd className="check">
                {agrees ? (
                  <>
                    <span aria-hidden="true">= </span>
                    <span className="sr-only">same as </span>claim <code>{claim}</code>
                  </>
                ) : (
                  <>
                    <span aria-hidden="true">≠ </span>
                    <span className="sr-only">differs from </span>claim <code>{claim}</code>
                    {claims[claim] === undefined ? (
                      ', which is missing'
                    ) : (
                      <>
                        : <b>{visible(claims[claim])}</b>
                      </>
                    )}
                  </>
                )}
              </dd>
            )}
          </div>
        ))}
      </dl>
    </section>
  );
}
