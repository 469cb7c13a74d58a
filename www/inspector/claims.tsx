'use client';

import { type ExplainedMember, type Explanation, escapeHidden } from 'countersign/explain';
import { CopyButton } from './copy-button';
import { usePointing } from './pointing';
import { Prose } from './prose';
import { show, visible, type Json } from './reading';
import { isTime, local, relative, utc, type Seconds } from './time';

const TIMES = new Set(['exp', 'nbf', 'iat', 'auth_time']);

/** The claims and the protected header, each in words. */
export function Claims({
  header,
  claims,
  explained,
  now,
}: {
  header: Json;
  claims: Json;
  explained: Explanation;
  now: Seconds;
}): React.JSX.Element {
  return (
    <>
      <section className="ink-claims" id="claims" aria-labelledby="claims-title">
        <div className="bar">
          <h2 id="claims-title">The claims, in words</h2>
          <CopyButton text={JSON.stringify(claims, null, 2)} what="claims as JSON" />
        </div>
        {explained.claims.map(({ title, members }) => (
          <div className="group" key={title}>
            <h3>{title}</h3>
            <Entries part={1} entries={members} now={now} />
          </div>
        ))}
      </section>
      <section className="ink-header" aria-labelledby="header-title">
        <div className="bar">
          <h2 id="header-title">The protected header</h2>
          <CopyButton text={JSON.stringify(header, null, 2)} what="header as JSON" />
        </div>
        <Entries part={0} entries={explained.header} now={now} />
      </section>
    </>
  );
}

function Entries({ part, entries, now }: { part: 0 | 1; entries: readonly ExplainedMember[]; now: Seconds }): React.JSX.Element {
  const pointAt = usePointing(part);
  return (
    <dl className="entries">
      {entries.map(({ name, value, words, source }) => (
        <div className="entry" key={name} {...pointAt(name)}>
          <dt>
            <code>{escapeHidden(name)}</code>
          </dt>
          <dd>
            <div className="value">
              <span>{visible(value)}</span>
              <CopyButton text={show(value)} what={name} />
            </div>
            {TIMES.has(name) && isTime(value) && (
              <p className="times">
                <strong>{relative(value, now)}</strong>
                <time dateTime={new Date(value * 1000).toISOString()}>{local(value)}</time>
                <span>{utc(value)}</span>
              </p>
            )}
            <p>
              <Prose>{words}</Prose>
              {source && (
                <>
                  {' '}
                  <a
                    className="source"
                    href={source.href}
                    target="_blank"
                    rel="noopener noreferrer"
                    aria-label={`${name}: ${source.label}, in a new tab`}
                  >
                    {source.label}
                  </a>
                </>
              )}
            </p>
          </dd>
        </div>
      ))}
    </dl>
  );
}
