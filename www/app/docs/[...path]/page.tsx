import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { readPage } from '@/lib/docs';
import { Article } from '../article';

type Props = { params: Promise<{ path: string[] }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const page = await pageOf(params);
  return { title: page ? `${page.title} · Countersign` : 'No such page' };
}

/** A page of the documentation. */
export default async function Page({ params }: Props): Promise<React.JSX.Element> {
  const page = await pageOf(params);
  if (!page) notFound();
  return <Article page={page} />;
}

async function pageOf(params: Props['params']): ReturnType<typeof readPage> {
  return readPage(`/docs/${(await params).path.join('/')}`);
}
