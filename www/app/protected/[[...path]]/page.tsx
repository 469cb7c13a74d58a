import { headers } from 'next/headers';
import { notFound } from 'next/navigation';
import { setup } from '@/lib/verifier';

/**
 * Behind proxy.ts, which answers everyone without a good token. The page verifies again: a rule about paths is one thing to get
 * wrong, and a second look at a token that was just checked costs next to nothing.
 */
export default async function Protected(): Promise<React.JSX.Element> {
  const token = /^Bearer +(\S+)$/i.exec((await headers()).get('authorization') ?? '')?.[1];
  const verified =
    token === undefined
      ? undefined
      : await setup()
          .verifier?.verify(token)
          .catch(() => undefined);
  if (!verified) notFound();

  const { project, environment, sub } = verified.claims;
  return (
    <main className="plain">
      <h1>Let in</h1>
      <p>
        The caller is <b>{environment}</b> of <b>{project}</b>.
      </p>
      <p>
        <code>{sub}</code>
      </p>
    </main>
  );
}
