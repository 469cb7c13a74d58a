import './docs.css';

/** The frame of every page of the documentation. */
export default function Layout({ children }: { children: React.ReactNode }): React.JSX.Element {
  return (
    <>
      <a className="skip" href="#content">
        Skip to the page
      </a>
      <header className="docs-head">
        <a className="wordmark" href="/docs">
          Countersign
        </a>
        <nav aria-label="This site">
          <a href="/docs#search">Search</a>
          <a href="/">Claim inspector</a>
        </nav>
      </header>
      <div className="docs">{children}</div>
    </>
  );
}
