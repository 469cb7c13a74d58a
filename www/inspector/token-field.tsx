'use client';

import { useEffect, useMemo, useRef, useState } from 'react';
import { CopyButton } from './copy-button';
import { EXACT_TEXT } from './exact-text';
import type { Pointed } from './pointing';
import type { Reading } from './reading';
import { makeSample, SAMPLES } from './sample';
import { memberSpans } from './spans';
import { nowInSeconds } from './time';

const FILE_LIMIT = 65_536;

type Props = { text: string; reading: Reading; pointed: Pointed; onText: (text: string) => void };

/** Where the token goes in: typed, pasted, dropped as a file, or made up. */
export function TokenField({ text, reading, pointed, onText }: Props): React.JSX.Element {
  const [dragging, setDragging] = useState(false);
  const [problem, setProblem] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const file = useRef<HTMLInputElement>(null);

  // What was pasted before the page came alive is in the field, but nobody has been told.
  useEffect(() => {
    if (field.current?.value) onText(field.current.value);
  }, [onText]);

  const take = (next: string): void => {
    setProblem('');
    onText(next);
  };
  const open = async (opened: File | undefined): Promise<void> => {
    if (!opened) return;
    if (opened.size > FILE_LIMIT) setProblem(`${opened.name} is too large for a token: over 64 KiB.`);
    else take(await opened.text());
  };

  return (
    <section
      className="token"
      aria-labelledby="token-title"
      data-dragging={dragging || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setDragging(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDragging(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setDragging(false);
        const [dropped] = event.dataTransfer.files;
        if (dropped) void open(dropped);
        else take(event.dataTransfer.getData('text'));
      }}
    >
      <div className="bar">
        <h2 id="token-title">
          <label htmlFor="token">Token</label>
        </h2>
        <div className="actions">
          <button type="button" className="quiet" onClick={() => file.current?.click()}>
            Open file
          </button>
          {text !== '' && (
            <>
              <CopyButton text={reading.state === 'empty' ? text : reading.token} what="token" />
              <button
                type="button"
                className="quiet"
                onClick={() => {
                  take('');
                  field.current?.focus();
                }}
              >
                Clear
              </button>
            </>
          )}
        </div>
      </div>
      <input
        ref={file}
        type="file"
        hidden
        aria-label="File with a token"
        onChange={(event) => {
          void open(event.target.files?.[0]);
          event.target.value = '';
        }}
      />

      <div className="paper">
        <div className="sheet">
          <Ink text={text} reading={reading} pointed={pointed} />
          {/* Spell checkers and writing assistants send what they check to servers of their own: all of them are off. */}
          <textarea
            id="token"
            ref={field}
            value={text}
            onChange={(event) => take(event.target.value)}
            placeholder="Paste a token, or drop a file"
            aria-describedby="token-promise"
            aria-invalid={reading.state === 'refused'}
            {...EXACT_TEXT}
            data-1p-ignore=""
            data-lpignore="true"
          />
        </div>
      </div>

      {reading.state === 'decoded' && (
        <p className="legend" aria-hidden="true">
          <span className="ink-header">header</span>
          <span className="ink-claims">claims</span>
          <span className="ink-signature">signature</span>
          <span>point at a claim to find it</span>
        </p>
      )}
      {reading.state !== 'empty' && reading.removed.length > 0 && <p className="aside">Read without {list(reading.removed)} around it.</p>}
      {problem && (
        <p className="aside problem" role="alert">
          {problem}
        </p>
      )}

      <div className="samples" role="group" aria-labelledby="samples-title">
        <span id="samples-title">Sample token</span>
        {SAMPLES.map((sample) => (
          <button key={sample} type="button" className="chip" onClick={() => void makeSample(sample, nowInSeconds()).then(take)}>
            {sample}
          </button>
        ))}
      </div>

      <p id="token-promise" className="promise">
        The token stays in this tab. The page’s security policy says <code>connect-src &#39;none&#39;</code>, so the browser itself refuses
        to send it anywhere; nothing is stored, and closing the tab forgets it.
      </p>
    </section>
  );
}

/** The text again, coloured, lying exactly behind the transparent letters of the field. */
function Ink({ text, reading, pointed }: { text: string; reading: Reading; pointed: Pointed }): React.JSX.Element {
  const ink = useRef<HTMLPreElement>(null);
  const spans = useMemo(
    () => (reading.state === 'decoded' ? [memberSpans(reading.parts[0]), memberSpans(reading.parts[1])] : []),
    [reading],
  );
  useEffect(() => {
    const paper = ink.current?.closest('.paper');
    const mark = ink.current?.querySelector('mark');
    if (!pointed || !paper || !mark) return;
    const [top, bottom] = [mark.offsetTop - 24, mark.offsetTop + mark.offsetHeight + 24];
    if (top < paper.scrollTop) paper.scrollTop = top;
    else if (bottom > paper.scrollTop + paper.clientHeight) paper.scrollTop = bottom - paper.clientHeight;
  }, [pointed]);

  // Text that is nothing like a token stays plain, however many dots are in it.
  const start = reading.state === 'empty' || reading.parts.length > 8 ? -1 : text.indexOf(reading.token);
  if (reading.state === 'empty' || start < 0) return <pre className="ink" aria-hidden="true">{`${text}\n`}</pre>;

  const classes = ['ink-header', 'ink-claims', 'ink-signature'];
  let offset = 0;
  return (
    <pre className="ink" aria-hidden="true" ref={ink}>
      {text.slice(0, start)}
      {reading.parts.map((part, index) => {
        const from = offset;
        offset += part.length + 1;
        const fault = reading.state === 'refused' && reading.fault ? reading.fault.index - from : -1;
        const marked =
          pointed?.part === index ? spans[index]?.get(pointed.name) : fault >= 0 && fault < part.length ? [fault, fault + 1] : undefined;
        const [begin = part.length, end = part.length] = marked ?? [];
        return (
          <span key={index} className={classes[index] ?? ''}>
            {index > 0 && <span className="dot">.</span>}
            {part.slice(0, begin)}
            {marked && <mark>{part.slice(begin, end)}</mark>}
            {part.slice(end)}
          </span>
        );
      })}
      {`${text.slice(start + reading.token.length)}\n`}
    </pre>
  );
}

const list = (words: string[]): string => new Intl.ListFormat('en').format(words);
