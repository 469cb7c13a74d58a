'use client';

import type { KnownIssuer } from 'countersign/explain';
import { EXACT_TEXT } from './exact-text';
import { Prose } from './prose';
import { isTestKey, testKeys } from './sample';
import type { SignatureCheck } from './check-signature';
import type { Json } from './reading';

/** Where issuers publish their keys, for those whose address can be known without asking them. */
const PUBLISHED: Partial<Record<KnownIssuer['name'], string>> = {
  'GitHub Actions': 'https://token.actions.githubusercontent.com/.well-known/jwks',
  GitLab: 'https://gitlab.com/oauth/discovery/keys',
  Google: 'https://www.googleapis.com/oauth2/v3/certs',
};

type Props = { check: SignatureCheck; header: Json; issuer: KnownIssuer | undefined; keys: string; onKeys: (keys: string) => void };

/** The signature, held against keys that the reader brings: the page itself can fetch none. */
export function Signature({ check, header, issuer, keys, onKeys }: Props): React.JSX.Element {
  const { kid, alg } = header;
  const published = publishedAt(issuer);
  return (
    <section className="check-keys" aria-labelledby="keys-title" id="signature">
      <div className="bar">
        <h2 id="keys-title">
          <label htmlFor="keys">Check the signature</label>
        </h2>
        <div className="actions">
          {published && !isTestKey(kid) && (
            <a className="source" href={published} target="_blank" rel="noopener noreferrer">
              the issuer’s keys, in a new tab
            </a>
          )}
          {isTestKey(kid) && (
            <button type="button" className="chip" onClick={() => void testKeys().then(onKeys)}>
              Use the test issuer’s keys
            </button>
          )}
        </div>
      </div>
      <p className="aside" id="keys-about">
        Paste the issuer’s key set. This page cannot fetch it: it can connect to nothing, so that your token cannot leave.
      </p>
      <textarea
        id="keys"
        className="code-field"
        rows={keys === '' ? 2 : 6}
        value={keys}
        onChange={(event) => onKeys(event.target.value)}
        placeholder={`{"keys": [ … ]}`}
        aria-describedby="keys-about"
        {...EXACT_TEXT}
      />
      <div role="status" className="outcome" data-outcome={OUTCOMES[check.state]}>
        {check.state === 'fits' && (
          <p>
            <strong>The signature fits.</strong> One of these keys signed just this text. Whether they are the issuer’s is for you to know.
          </p>
        )}
        {(check.state === 'does not fit' || check.state === 'cannot be checked') && (
          <p>
            <strong>{check.state === 'does not fit' ? 'The signature does not fit.' : 'It cannot be checked.'}</strong>{' '}
            <Prose>{check.words}</Prose>
          </p>
        )}
      </div>
      {check.state !== 'unasked' && check.keys.length > 0 && (
        <ul className="keys" aria-label="The keys">
          {check.keys.map((key, index) => (
            <li key={index} data-usable={key.reason === undefined}>
              <code>{key.kid ?? 'without a name'}</code>{' '}
              <span>{key.reason === undefined ? key.algorithms.join(', ') : <Prose>{`skipped: ${key.reason}`}</Prose>}</span>
              {key.kid !== undefined && key.kid === kid && key.algorithms.some((algorithm) => algorithm === alg) && (
                <em>the one that the header names</em>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const OUTCOMES = { unasked: 'none', fits: 'good', 'does not fit': 'bad', 'cannot be checked': 'wait' } as const;

function publishedAt(issuer: KnownIssuer | undefined): string | undefined {
  if (!issuer) return undefined;
  if (issuer.name !== 'Vercel') return PUBLISHED[issuer.name];
  return `https://oidc.vercel.com/${issuer.team === undefined ? '' : `${encodeURIComponent(issuer.team)}/`}.well-known/jwks`;
}
