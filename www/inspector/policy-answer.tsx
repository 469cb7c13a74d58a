import type { CountersignError } from 'countersign';
import { escapeHidden } from 'countersign/explain';
import type { PolicyCheck, PolicyPosition, PolicyRule, Simulation } from 'countersign/inspect';
import { Prose } from './prose';

/** What a policy makes of the token: the answer first, then every condition with what it wants and what it found. */
export function PolicyAnswer({ simulation }: { simulation: Simulation }): React.JSX.Element {
  const { decision, summary, checks, rules, warnings } = simulation;
  return (
    <div className="answer" data-outcome={OUTCOMES[decision]}>
      <p className="decision" role="status">
        <span className="lamp" aria-hidden="true" />
        <strong>{DECISIONS[decision]}</strong>{' '}
        <span>
          <Prose>{sentence(summary.replace(/^(refused|undecided): /, ''))}</Prose>
        </span>
      </p>
      {warnings.length > 0 && (
        <ul className="notes" aria-label="Who else gets in">
          {warnings.map(({ code, message, position }, index) => (
            <li key={`${code} ${index}`} data-level="care">
              <span className="level">care</span>
              <p>
                <Prose>{sentence(message)}</Prose> <Where position={position} />
              </p>
            </li>
          ))}
        </ul>
      )}
      <Checks title="Of every token" checks={checks} />
      {rules.map((rule, index) => (
        <Rule key={index} rule={rule} />
      ))}
    </div>
  );
}

/** The policy itself cannot be read, or none can be made for this token. */
export function PolicyProblem({ error }: { error: CountersignError }): React.JSX.Element {
  return (
    <div className="answer" data-outcome="bad">
      <p className="decision" role="status">
        <span className="lamp" aria-hidden="true" />
        <strong>Not a policy</strong>{' '}
        <span>
          <Prose>{sentence(error.message)}</Prose>
        </span>
      </p>
    </div>
  );
}

function Rule({ rule }: { rule: PolicyRule }): React.JSX.Element {
  const { name, effect, applies, checks, position } = rule;
  return (
    <div className="rule">
      <h3>
        <span>
          <Prose>{capital(name)}</Prose>
        </span>{' '}
        <em data-applies={String(applies)}>
          {applies === null ? 'not known here' : applies ? (effect === 'deny' ? 'denies' : 'lets it in') : 'does not apply'}
        </em>{' '}
        <Where position={position} />
      </h3>
      <Checks checks={checks} />
    </div>
  );
}

function Checks({ title, checks }: { title?: string; checks: readonly PolicyCheck[] }): React.JSX.Element | null {
  if (checks.length === 0) return null;
  return (
    <>
      {title !== undefined && <h3>{title}</h3>}
      <ul className="conditions">
        {checks.map(({ what, wanted, found, passed, fix, position }, index) => (
          <li key={index} data-passed={String(passed)}>
            <span className="tick-mark" aria-hidden="true">
              {passed === null ? '?' : passed ? '✓' : '✕'}
            </span>
            <div>
              <p>
                <span className="sr-only">{passed === null ? 'Not known: ' : passed ? 'Met: ' : 'Not met: '}</span>
                <Prose>{capital(what)}</Prose> <Where position={position} />
              </p>
              <dl>
                {wanted.length > 0 && <Values name="wanted" values={wanted} />}
                {passed !== true && <Values name="found" values={found ?? ['nothing']} plain={found === null} />}
              </dl>
              {fix !== undefined && passed !== true && (
                <p className="fix">
                  <Prose>{sentence(fix)}</Prose>
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

function Values({ name, values, plain = false }: { name: string; values: readonly string[]; plain?: boolean }): React.JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {values.map((value, index) => (
          <span key={index}>
            {index > 0 && ' or '}
            {plain ? value : <code>{escapeHidden(value)}</code>}
          </span>
        ))}
      </dd>
    </div>
  );
}

const Where = ({ position }: { position?: PolicyPosition | undefined }): React.JSX.Element | null =>
  position ? <span className="where">line {position.line}</span> : null;

const DECISIONS = { accepted: 'Let in.', refused: 'Refused.', undecided: 'Not decided.' } as const;
const OUTCOMES = { accepted: 'good', refused: 'bad', undecided: 'wait' } as const;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const sentence = (text: string): string => `${capital(text)}${/[.!?]$/.test(text) ? '' : '.'}`;
