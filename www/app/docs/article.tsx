import { type Page, readParts } from '@/lib/docs';

/** The text of a page, beside the parts of the documentation. What `children` are stands before the text. */
export async function Article({ page, children }: { page: Page; children?: React.ReactNode }): Promise<React.JSX.Element> {
  const parts = await readParts();
  return (
    <>
      <nav className="docs-parts" aria-label="Documentation">
        {parts.map((part) => (
          <details key={part.title} open={part.pages.some(({ href }) => href === page.href)}>
            <summary>{part.title}</summary>
            <ul>
              {part.pages.map(({ href, title }) => (
                <li key={href}>
                  <a href={href} aria-current={href === page.href ? 'page' : undefined}>
                    {title}
                  </a>
                </li>
              ))}
            </ul>
          </details>
        ))}
      </nav>
      <main id="content">
        {children}
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: the Markdown of the installed package, which has no HTML of its own */}
        <article className="prose" dangerouslySetInnerHTML={{ __html: page.html }} />
      </main>
    </>
  );
}
