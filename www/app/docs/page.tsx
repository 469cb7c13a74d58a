import type { Metadata } from 'next';
import { readPage, readSections } from '@/lib/docs';
import { Article } from './article';
import { Search } from './search';

export const metadata: Metadata = { title: 'Documentation · Countersign' };

/** The index of the documentation, with a search over the headings of every page. */
export default async function Page(): Promise<React.JSX.Element> {
  const page = await readPage('/docs');
  if (!page) throw new Error('the installed package has no docs/README.md');
  return (
    <Article page={page}>
      <Search sections={await readSections()} />
    </Article>
  );
}
