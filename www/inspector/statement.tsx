import type { Explanation } from 'countersign/explain';
import { Fragment } from 'react';
import type { SignatureCheck } from './check-signature';
import type { Json } from './reading';
import { clock, duration, isTime, validityAt, type Seconds } from './time';

type Props = { claims: Json; explained: Explanation; check: SignatureCheck; now: Seconds };

/** The whole token in one sentence, and how far to believe it. */
export function Statement({ claims, explained, check, now }: Props): React.JSX.Element {
  const { exp, nbf } = claims;
  const validity = validityAt(claims, now);

  return (
    <section className="statement" aria-labelledby="statement-title">
      <p className="stamp" data-stamp={check.state}>
        <strong>{STAMPS[check.state][0]}</strong>
        <span>{STAMPS[check.state][1]}</span>
      </p>
      <h2 id="statement-title" className="sentence">
        {explained.sentence
          .split('`')
          .map((piece, index) => (index % 2 ? <b key={index}>{piece}</b> : <Fragment key={index}>{piece}</Fragment>))}
        {exp !== undefined && !isTime(exp) ? (
          ', with an end that no verifier takes.'
        ) : isTime(exp) ? (
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

const STAMPS = {
  unasked: ['Decoded, not verified', 'Anyone could have written this. Only the signature can tell.'],
  'cannot be checked': ['Decoded, not verified', 'Anyone could have written this. Only the signature can tell.'],
  fits: ['Signature fits', 'Written by whoever holds the key that you pasted.'],
  'does not fit': ['Signature does not fit', 'Do not believe a word of it.'],
} as const;

const VALIDITY = {
  'in force': 'In force',
  expired: 'Expired',
  'not yet valid': 'Not yet valid',
  'never valid': 'Never valid',
  'without expiry': 'Without expiry',
} as const;
