import { show } from './explain';
import type { Json } from './reading';
import { readSubject } from './subject';
import { clock, duration, isTime, validityAt, type Seconds } from './time';

/** The whole token in one sentence, and how far to believe it. */
export function Statement({ claims, now }: { claims: Json; now: Seconds }): React.JSX.Element {
  const { iss, sub, aud, exp, nbf } = claims;
  const parts = readSubject(claims);
  const [owner, project, environment] = parts ?? [];
  const validity = validityAt(claims, now);
  const audiences = (Array.isArray(aud) ? aud : aud === undefined ? [] : [aud]).map(show);

  return (
    <section className="statement" aria-labelledby="statement-title">
      <p className="stamp">
        <strong>Decoded, not verified</strong>
        <span>Anyone could have written this. Only the signature can tell.</span>
      </p>
      <h2 id="statement-title" className="sentence">
        {typeof iss === 'string' ? <b>{bare(iss)}</b> : 'Nobody in particular'} says that the caller is{' '}
        {owner && project && environment ? (
          <>
            <b>{environment.value}</b> of <b>{project.value}</b>, owned by <b>{owner.value}</b>
          </>
        ) : typeof sub === 'string' ? (
          <b>{sub}</b>
        ) : (
          'not named'
        )}
        {audiences.length > 0 ? (
          <>
            , and tells{' '}
            {audiences.map((audience, index) => (
              <span key={index}>
                {index > 0 && (index === audiences.length - 1 ? ' and ' : ', ')}
                <b>{bare(audience)}</b>
              </span>
            ))}{' '}
            to believe it
          </>
        ) : (
          ', and tells nobody in particular'
        )}
        {isTime(exp) ? (
          <>
            {' '}
            until <b className="nowrap">{clock(exp, now)}</b>.
          </>
        ) : (
          ', without an end.'
        )}
      </h2>
      <p className="validity" data-validity={validity}>
        <span className="lamp" aria-hidden="true" />
        <strong>{VALIDITY[validity]}</strong>
        {isTime(exp) && validity === 'in force' && <span>{duration(exp - now)} left</span>}
        {isTime(exp) && validity === 'expired' && <span>{duration(exp - now)} ago</span>}
        {isTime(nbf) && validity === 'not yet valid' && <span>starts in {duration(nbf - now)}</span>}
        <span className="by">by its own times and this machine’s clock</span>
      </p>
    </section>
  );
}

const VALIDITY = {
  'in force': 'In force',
  expired: 'Expired',
  'not yet valid': 'Not yet valid',
  'never valid': 'Never valid',
  'without expiry': 'Without expiry',
} as const;

const bare = (uri: string): string => uri.replace(/^https:\/\//, '').replace(/\/$/, '');
