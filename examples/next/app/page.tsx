export default function Home(): React.JSX.Element {
  return (
    <main>
      <h1>Countersign example</h1>
      <ul>
        <li>
          <code>GET /api/hello</code> answers callers with a token of this project with its name, and refuses others
        </li>
        <li>
          <code>GET /internal</code> is a page behind the same check, in <code>proxy.ts</code>
        </li>
        <li>
          <a href="/api/health">/api/health</a> says which credential this deployment would send
        </li>
      </ul>
    </main>
  );
}
