import type { Metadata, Viewport } from 'next';
import { connection } from 'next/server';
import './style.css';

export const metadata: Metadata = {
  title: 'Countersign: read what a token claims',
  description:
    'Paste an OIDC token and read it in plain words: who is calling, who should listen, how long it is good. It never leaves your browser.',
  icons: {
    icon: `data:image/svg+xml,${encodeURIComponent(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#0b5a60"/><path d="M7 20.5h18M7 25h18" stroke="#fff" stroke-opacity=".45" stroke-width="1.6"/><path d="M8 18.5c3-9 6-11 7-8.500s-3 8.500-1 8.500 3-5 5-5-.5 4 1.500 4 2-1.500 3.500-2.500" fill="none" stroke="#fff" stroke-width="2.200" stroke-linecap="round"/></svg>',
    )}`,
  },
};

export const viewport: Viewport = {
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f1f4f4' },
    { media: '(prefers-color-scheme: dark)', color: '#0f1517' },
  ],
};

export default async function Layout({ children }: { children: React.ReactNode }): Promise<React.JSX.Element> {
  // Every page is rendered for its request: a page made at build time could not carry the nonce that its policy asks for.
  await connection();
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
