export default function NotFound(): React.JSX.Element {
  return (
    <main className="plain">
      <h1>No such page</h1>
      <p>
        <a href="/">To the claim inspector</a>
      </p>
    </main>
  );
}
