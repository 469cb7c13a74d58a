'use client';

import type { JwsHeader } from 'countersign';
import { explain } from 'countersign/explain';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { checkSignature } from './check-signature';
import { Claims } from './claims';
import { Countersignature } from './countersignature';
import { Notes } from './notes-list';
import { PointingProvider, type Pointed } from './pointing';
import { Policy, useInspect, usePolicyState, type PolicyState } from './policy';
import type { Inspect } from './policy-kinds';
import { Primer } from './primer';
import { read, type Json, type Reading } from './reading';
import { Refusal } from './refusal';
import { Signature } from './signature';
import { Statement } from './statement';
import { Subject } from './subject-parts';
import { isTime, local, nowInSeconds, validityAt, type Seconds } from './time';
import { Timeline } from './timeline';
import { TokenField } from './token-field';

/** Paste a token, read what it says. Everything happens in this tab: no request is made, nothing is stored. */
export function Inspector(): React.JSX.Element {
  const [text, setText] = useState('');
  const reading = useMemo(() => read(text), [text]);
  const [pointed, setPointed] = useState<Pointed>();
  const [keys, setKeys] = useState('');
  const inspect = useInspect();
  const policy = usePolicyState();
  const [now, lookAtClock] = useNow();

  // A token that was issued this very second must not be judged by the second before.
  const take = useCallback(
    (next: string): void => {
      lookAtClock();
      setText(next);
    },
    [lookAtClock],
  );

  // Whatever is pasted outside a field is meant for the one field there is.
  useEffect(() => {
    const paste = (event: ClipboardEvent): void => {
      const pasted = event.clipboardData?.getData('text');
      if (!pasted || event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      take(pasted);
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, [take]);

  return (
    <div className="inspector" data-state={reading.state}>
      <TokenField text={text} reading={reading} pointed={pointed} onText={take} />
      <div className="reading">
        <p role="status" className="sr-only">
          {now !== undefined && announce(reading, now)}
        </p>
        {reading.state === 'empty' && <Primer />}
        {reading.state === 'refused' && <Refusal reading={reading} />}
        {reading.state === 'decoded' && now !== undefined && (
          <PointingProvider value={setPointed}>
            <Decoded key={reading.token} reading={reading} now={now} inspect={inspect} policy={policy} keys={keys} onKeys={setKeys} />
          </PointingProvider>
        )}
      </div>
    </div>
  );
}

type DecodedProps = {
  reading: Extract<Reading, { state: 'decoded' }>;
  now: Seconds;
  inspect: Inspect | undefined;
  policy: PolicyState;
  keys: string;
  onKeys: (keys: string) => void;
};

function Decoded({ reading, now, inspect, policy, keys, onKeys }: DecodedProps): React.JSX.Element {
  const { token, header, claims, parts } = reading;
  const at = steady(now, claims);
  const explained = useMemo(() => explain({ header: header as JwsHeader, claims }, { now: at }), [header, claims, at]);
  const check = useMemo(() => checkSignature(token, header, claims, keys), [token, header, claims, keys]);
  const { issuer } = explained;
  const presented = useMemo(() => ({ token, header, claims, issuer }), [token, header, claims, issuer]);
  return (
    <>
      <Statement claims={claims} explained={explained} check={check} now={now} />
      <Contents subject={explained.subject !== undefined} />
      <Notes notes={explained.notes} />
      <Timeline claims={claims} now={now} />
      <Signature check={check} kid={header['kid']} issuer={issuer} keys={keys} onKeys={onKeys} />
      <Subject parts={explained.subject} claims={claims} />
      <Policy inspect={inspect} token={presented} state={policy} now={at} />
      <Claims header={header} claims={claims} explained={explained} now={now} />
      <Countersignature header={header} claims={claims} issuer={issuer} check={check} signature={parts[2]} />
    </>
  );
}

/** The minute, so that what is said of the token does not flicker; the second while one of the token's times lies within that minute. */
function steady(now: Seconds, { iat, nbf, exp }: Json): Seconds {
  const minute = Math.floor(now / 60) * 60;
  return [iat, nbf, exp].some((time) => isTime(time) && time > minute && time <= now) ? now : minute;
}

/** The way down a long page. */
function Contents({ subject }: { subject: boolean }): React.JSX.Element {
  const places = [
    ['#time', 'When it is good'],
    ['#signature', 'The signature'],
    ...(subject ? [['#subject', 'The subject']] : []),
    ['#policy', 'Who lets it in'],
    ['#claims', 'The claims'],
    ['#verifier', 'The verifier'],
  ] as const;
  return (
    <nav className="contents" aria-label="On this page">
      <ul>
        {places.map(([href, label]) => (
          <li key={href}>
            <a href={href}>{label}</a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** What a screen reader says: once for each text, and again when the token expires, but not for every second. */
function announce(reading: Reading, now: Seconds): string {
  switch (reading.state) {
    case 'empty':
      return '';
    case 'refused':
      return `Not a token that can be read: ${reading.message}.`;
    case 'decoded': {
      const { exp } = reading.claims;
      const end = isTime(exp) ? `; it expires at ${local(exp)}` : '';
      return `Token decoded, not verified. By its own words it is ${validityAt(reading.claims, now)}${end}.`;
    }
  }
}

/** The clock in whole seconds, and a way to look at it at once. Undefined on the server and in the first render, which must agree. */
function useNow(): [Seconds | undefined, () => void] {
  const [now, setNow] = useState<Seconds>();
  const look = useCallback(() => setNow(nowInSeconds()), []);
  useEffect(() => {
    look();
    // Several looks a second, so that none is skipped; React only renders when the second has changed.
    const timer = setInterval(look, 250);
    return () => clearInterval(timer);
  }, [look]);
  return [now, look];
}
