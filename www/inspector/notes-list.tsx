import { notes } from './notes';
import { Prose } from './prose';
import type { Json } from './reading';
import type { Seconds } from './time';

export function Notes({ header, claims, now }: { header: Json; claims: Json; now: Seconds }): React.JSX.Element | null {
  const found = notes(header, claims, now);
  if (found.length === 0) return null;
  return (
    <section aria-labelledby="notes-title">
      <h2 id="notes-title">Look twice</h2>
      <ul className="notes">
        {found.map((note) => (
          <li key={note.title + note.words} data-level={note.level}>
            <span className="level">{note.level === 'refuse' ? 'refuse' : 'care'}</span>
            <p>
              <strong>{note.title}.</strong> <Prose>{note.words}</Prose>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
