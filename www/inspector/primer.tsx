/** What stands on the right before there is a token. */
export function Primer(): React.JSX.Element {
  return (
    <section className="primer" aria-labelledby="primer-title">
      <h2 id="primer-title">A token is a signed statement.</h2>
      <p>
        “This is the production deployment of that project, and you may believe it until noon.” Whoever can check the signature no longer
        needs a password. But a statement is easy to misread, so here it is put into words.
      </p>
      <ol className="anatomy">
        <li className="ink-header">
          <strong>Header</strong> How it was signed, and which key to ask for.
        </li>
        <li className="ink-claims">
          <strong>Claims</strong> Who is calling, who should listen, from when until when.
        </li>
        <li className="ink-signature">
          <strong>Signature</strong> The proof that nobody changed the rest. Anyone can read the first two parts; only the issuer can make
          the third.
        </li>
      </ol>
    </section>
  );
}
