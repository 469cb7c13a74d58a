import type { Note } from 'countersign/explain';
import { Prose } from './prose';

/** What to look at twice, if there is anything. */
export function Notes({ notes: found }: { notes: readonly Note[] }): React.JSX.Element | null {
  if (found.length === 0) return null;
  return (
    <section aria-labelledby="notes-title">
      <h2 id="notes-title">Look twice</h2>
      <ul className="notes">
        {found.map((note) => (
          <li key={note.title + note.words} data-level={note.level}>
            <span className="level">{note.level === 'refuse' ? 'refuse' : 'care'}</span>
            <p>
              <strong>
                <Prose>{`${note.title}.`}</Prose>
              </strong>{' '}
              <Prose>{note.words}</Prose>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
