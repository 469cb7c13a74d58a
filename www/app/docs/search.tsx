'use client';

import { useDeferredValue, useEffect, useId, useRef, useState } from 'react';
import type { Section } from '@/lib/docs';

/** How many results are shown. */
const MOST = 20;

/** Finds sections by their headings and by the names in them. The page's policy forbids connections, so the sections come with the page. */
export function Search({ sections }: { sections: readonly Section[] }): React.JSX.Element {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  // What was typed before React took over counts too.
  useEffect(() => setText(field.current?.value ?? ''), []);
  const words = useDeferredValue(text).toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length > 0 ? rank(sections, words) : [];
  return (
    <search className="docs-search" id="search">
      <label htmlFor={id}>Search headings, options, error codes and variables</label>
      <input id={id} ref={field} type="search" autoComplete="off" spellCheck={false} onChange={(event) => setText(event.target.value)} />
      <p className="aside" role="status">
        {words.length > 0 &&
          (found.length === 0 ? 'Nothing found.' : found.length > MOST ? `The first ${MOST} of ${found.length}` : `${found.length} found`)}
      </p>
      {found.length > 0 && (
        <ol>
          {found.slice(0, MOST).map(({ href, title, page }) => (
            <li key={href}>
              <a href={href}>{title}</a> {page !== title && <span className="aside">{page}</span>}
            </li>
          ))}
        </ol>
      )}
    </search>
  );
}

/** Sections that have every word: first where the heading has them, then by the title of the page, then by a name in the text. */
function rank(sections: readonly Section[], words: readonly string[]): Section[] {
  const scored = sections.flatMap((section) => {
    const title = section.title.toLowerCase();
    const page = section.page.toLowerCase();
    const terms = section.terms.join(' ').toLowerCase();
    const scores = words.map((word) => (title.includes(word) ? 3 : page.includes(word) ? 2 : terms.includes(word) ? 1 : 0));
    return scores.includes(0) ? [] : [{ section, score: scores.reduce((sum: number, score) => sum + score, 0) / scores.length }];
  });
  return scored.sort((a, b) => b.score - a.score).map(({ section }) => section);
}
