import { Guilloche } from '@/inspector/guilloche';
import { Inspector } from '@/inspector/inspector';

export default function Page(): React.JSX.Element {
  return (
    <>
      <a className="skip" href="#token">
        Skip to the token field
      </a>
      <header className="masthead">
        <Guilloche />
        <h1>
          <span className="wordmark">Countersign</span> <span className="sub">Claim inspector</span>
        </h1>
        <p>
          Read what a token claims, before anyone believes it. <a href="/docs">Documentation</a>
        </p>
      </header>
      <main>
        <noscript>
          <p className="aside">This page reads tokens in your browser and nowhere else. For that it needs JavaScript and WebAssembly.</p>
        </noscript>
        <Inspector />
      </main>
      <footer className="foot">
        <h2>The same package, on the server</h2>
        <p>
          This app also checks callers, as <a href="/docs/next">guards for Next.js</a> do. All but the last let in a token of the configured
          project, and answer any other request as RFC 6750 asks.
        </p>
        <ul>
          <li>
            <code>GET /api/node</code> a route on Node.js
          </li>
          <li>
            <code>GET /api/edge</code> a route on the Edge runtime
          </li>
          <li>
            <code>GET /protected</code> pages behind <code>proxy.ts</code>
          </li>
          <li>
            <code>POST /api/upload</code> keeps an object in S3, with keys that the app has traded its own token for
          </li>
          <li>
            <code>GET /api/health</code> whether the app is configured, and which credential it would send
          </li>
        </ul>
      </footer>
    </>
  );
}
