const PERIOD = 144;
const HEIGHT = 64;

/** The engraved lines of a banknote: sine waves of shrinking height through the same knots, and the same again half a knot on. */
export function Guilloche(): React.JSX.Element {
  const heights = Array.from({ length: 9 }, (_, index) => 26 - index * 6.5);
  return (
    <svg className="guilloche" aria-hidden="true" width="100%" height={HEIGHT}>
      <defs>
        <pattern id="guilloche" width={PERIOD} height={HEIGHT} patternUnits="userSpaceOnUse">
          {[0, PERIOD / 4].flatMap((shift) => heights.map((height) => <path key={`${shift} ${height}`} d={wave(height, shift)} />))}
        </pattern>
      </defs>
      <rect width="100%" height={HEIGHT} fill="url(#guilloche)" />
    </svg>
  );
}

/** One and a half periods of a sine wave as Bézier curves, enough to fill the tile whatever the shift. */
function wave(height: number, shift: number): string {
  const half = PERIOD / 2;
  const [middle, reach] = [HEIGHT / 2, half * 0.3642];
  let path = `M${shift - half} ${middle}`;
  for (let index = 0; index < 4; index++) {
    const lift = (index % 2 ? 1 : -1) * height * 1.3;
    path += `c${reach} ${lift} ${half - reach} ${lift} ${half} 0`;
  }
  return path;
}
