export default function Internal(): React.JSX.Element {
  return <p>Only verified callers see this.</p>;
}
