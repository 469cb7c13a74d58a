'use client';

import { useEffect, useState } from 'react';

/** Copies a text, and says so to eye and ear. */
export function CopyButton({ text, what }: { text: string; what: string }): React.JSX.Element {
  const [result, setResult] = useState<'copied' | 'failed'>();
  useEffect(() => {
    if (!result) return;
    const timer = setTimeout(() => setResult(undefined), 1600);
    return () => clearTimeout(timer);
  }, [result]);

  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setResult('copied');
    } catch {
      setResult('failed');
    }
  };
  return (
    <button type="button" className="quiet copy" onClick={() => void copy()} data-result={result} aria-label={`Copy ${what}`}>
      <span aria-hidden="true">{result === 'copied' ? 'Copied' : result === 'failed' ? 'Not allowed' : 'Copy'}</span>
      <span className="sr-only" role="status">
        {result === 'copied' && `Copied ${what}.`}
        {result === 'failed' && 'The browser does not allow copying here.'}
      </span>
    </button>
  );
}
