'use client';

import { useState } from 'react';
import type { Json } from './reading';
import { clock, duration, isTime, relative, utc, validityAt, type Seconds } from './time';

type Mark = { at: Seconds; labels: string[] };

/** When the token is good: a line with its times on it, a `now` that moves, and a handle to ask about another moment. */
export function Timeline({ claims, now }: { claims: Json; now: Seconds }): React.JSX.Element | null {
  const [chosen, setChosen] = useState<Seconds>();
  const { iat, nbf, exp } = claims;
  const marks = marksOf([
    ['issued', iat],
    ['not before', nbf],
    ['expires', exp],
  ]);
  const [first, last] = [marks[0], marks.at(-1)];
  if (!first || !last) return null;

  // A single time says nothing of a life: the line goes from it to now.
  const [from, to] = first === last ? domain(Math.min(first.at, now), Math.max(first.at, now), now) : domain(first.at, last.at, now);
  const at = chosen ?? now;
  const place = (moment: Seconds): number => Math.min(100, Math.max(0, ((moment - from) / (to - from)) * 100));
  const starts = isTime(nbf) ? nbf : from;
  const ends = isTime(exp) ? exp : to;
  const validity = validityAt(claims, at);
  const beyond = at < from ? 'before' : at > to ? 'after' : undefined;

  return (
    <section className="timeline" id="time" aria-labelledby="timeline-title">
      <div className="bar">
        <h2 id="timeline-title">When it is good</h2>
        {chosen === undefined ? (
          <span className="aside">follows the clock; drag to ask about another moment</span>
        ) : (
          <button type="button" className="quiet" onClick={() => setChosen(undefined)}>
            Back to now
          </button>
        )}
      </div>
      <div className="line-of-time" data-validity={validity}>
        <p className="pointer" data-beyond={beyond} data-side={place(at) > 50 ? 'left' : 'right'} style={{ left: `${place(at)}%` }}>
          <span>
            <strong>{chosen === undefined ? 'now' : VERDICT[validity]}</strong> {clock(at, now)}
            {chosen !== undefined && `, ${relative(at, now)}`}
          </span>
        </p>
        <div className="track">
          {ends > starts && (
            <div className="span" style={{ left: `${place(starts)}%`, width: `${place(ends) - place(starts)}%` }}>
              <span>
                {!isTime(exp)
                  ? 'no end'
                  : isTime(nbf) || isTime(iat)
                    ? duration(ends - (isTime(nbf) ? nbf : (iat as Seconds)))
                    : 'from an unknown time'}
              </span>
            </div>
          )}
          {marks.map((mark) => (
            <i key={mark.at} className="tick" style={{ left: `${place(mark.at)}%` }} />
          ))}
          {chosen !== undefined && now >= from && now <= to && <i className="tick present" style={{ left: `${place(now)}%` }} />}
          <i className="needle" style={{ left: `${place(at)}%` }} />
        </div>
        <input
          type="range"
          min={from}
          max={to}
          step={Math.max(1, Math.round((to - from) / 600))}
          value={Math.min(to, Math.max(from, at))}
          onChange={(event) => setChosen(Number(event.target.value))}
          aria-label="Moment to check"
          aria-valuetext={chosen === undefined ? `now, ${VERDICT[validity]}` : `${utc(at)}, ${relative(at, now)}: ${VERDICT[validity]}`}
        />
        <ol className="marks">
          {marks.map((mark, index) => (
            <li
              key={mark.at}
              data-row={rowOf(marks, index, place)}
              data-side={place(mark.at) > 50 ? 'left' : 'right'}
              style={{ left: `${place(mark.at)}%` }}
            >
              <strong>{mark.labels.join(', ')}</strong> <span>{clock(mark.at, now)}</span>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

const VERDICT = {
  'in force': 'in force',
  expired: 'expired',
  'not yet valid': 'not yet valid',
  'never valid': 'never valid',
  'without expiry': 'valid, without an end',
} as const;

/** The claims that are times, in order, equal ones together. */
function marksOf(times: [string, unknown][]): Mark[] {
  const marks: Mark[] = [];
  for (const [label, at] of times) {
    if (!isTime(at)) continue;
    const same = marks.find((mark) => mark.at === at);
    if (same) same.labels.push(label);
    else marks.push({ at, labels: [label] });
  }
  return marks.sort((a, b) => a.at - b.at);
}

/** What the line shows: the token's life with a margin, and `now` as long as it is near. */
function domain(first: Seconds, last: Seconds, now: Seconds): [Seconds, Seconds] {
  const life = Math.max(last - first, 60);
  const margin = Math.ceil(life * 0.18);
  const from = now < first && first - now < life * 2 ? now - margin : first - margin;
  const to = now > last && now - last < life * 2 ? now + margin : last + margin;
  // To whole steps, so that the line does not creep while the clock runs.
  const step = Math.max(1, Math.round(life / 20));
  return [Math.floor(from / step) * step, Math.ceil(to / step) * step];
}

/** Labels of marks that stand close together go on rows of their own. */
function rowOf(marks: Mark[], index: number, place: (at: Seconds) => number): number {
  let row = 0;
  for (let i = 1; i <= index; i++) {
    const [before, mark] = [marks[i - 1], marks[i]];
    if (before && mark) row = place(mark.at) - place(before.at) < 40 ? row + 1 : 0;
  }
  return row;
}
