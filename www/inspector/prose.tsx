import { escapeHidden } from 'countersign/explain';
import { Fragment } from 'react';

/** Words in which what stands between backticks is a name or a value. */
export function Prose({ children }: { children: string }): React.JSX.Element {
  return (
    <>
      {escapeHidden(children)
        .split('`')
        .map((piece, index) => (index % 2 ? <code key={index}>{piece}</code> : <Fragment key={index}>{piece}</Fragment>))}
    </>
  );
}
