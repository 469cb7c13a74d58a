'use client';

import { CountersignError } from 'countersign';
import type { GeneratedPolicy } from 'countersign/inspect';
import { useEffect, useMemo, useState } from 'react';
import { CopyButton } from './copy-button';
import { EXACT_TEXT } from './exact-text';
import { FORMATS, KINDS, leastPolicy, question, variants, type Inspect, type Kind, type Token } from './policy-kinds';
import { PolicyAnswer, PolicyProblem } from './policy-answer';
import type { Seconds } from './time';

/** The module that simulates policies, loaded once the page is there and before there is a token: later nothing is requested. */
export function useInspect(): Inspect | undefined {
  const [inspect, setInspect] = useState<Inspect>();
  useEffect(() => {
    // In a function: React would call what it is given to find the next state.
    void import('countersign/inspect').then((module) => setInspect(() => module));
  }, []);
  return inspect;
}

export type PolicyState = ReturnType<typeof usePolicyState>;

/** What the reader has entered: it outlives the token, so that one policy can be held against several. */
export function usePolicyState() {
  const [kind, setKind] = useState<Kind>(KINDS[0] as Kind);
  const [values, setValues] = useState<Record<string, string>>({});
  const [edited, setEdited] = useState<Partial<Record<Kind['name'], string | undefined>>>({});
  return { kind, setKind, values, setValues, edited, setEdited };
}

type Props = { inspect: Inspect | undefined; token: Token; state: PolicyState; now: Seconds };

/** Whether a cloud would let the token in, by a policy that the reader may edit, and the least policy that does. */
export function Policy({ inspect, token, state, now }: Props): React.JSX.Element {
  const { kind, setKind, values, setValues, edited, setEdited } = state;
  const least = useMemo(() => inspect && attempt(() => leastPolicy(inspect, kind, token, values)), [inspect, kind, token, values]);
  const text = edited[kind.name] ?? (least?.value?.text || '');
  const edit = (next: string | undefined): void => setEdited((all) => ({ ...all, [kind.name]: next }));
  const answer = useMemo(
    () => (inspect && text.trim() !== '' ? attempt(() => inspect.simulate(question(kind, text, token, now), token.token)) : undefined),
    [inspect, kind, text, token, now],
  );

  return (
    <section className="policy" aria-labelledby="policy-title" id="policy">
      <h2 id="policy-title">Would they let it in?</h2>
      <p className="aside">
        Paste the policy that refuses you. Here is the least one that lets this token in, and what each of its conditions makes of it.
      </p>
      <fieldset className="choice">
        <legend className="sr-only">Whose policy</legend>
        {KINDS.map((one) => (
          <label key={one.name}>
            <input type="radio" name="kind" checked={one === kind} onChange={() => setKind(one)} />
            <span>{one.label}</span>
          </label>
        ))}
      </fieldset>
      <div className="bar">
        <h3>
          <label htmlFor="policy-text">{kind.policy}</label>
        </h3>
        <div className="actions">
          {edited[kind.name] !== undefined && (
            <button type="button" className="quiet" onClick={() => edit(undefined)}>
              Back to the least
            </button>
          )}
          <CopyButton text={text} what="policy" />
        </div>
      </div>
      <textarea
        id="policy-text"
        className="code-field"
        rows={Math.min(24, Math.max(6, text.split('\n').length))}
        value={text}
        onChange={(event) => edit(event.target.value)}
        aria-describedby="policy-answer"
        {...EXACT_TEXT}
      />
      {least?.value && (
        <div className="samples" role="group" aria-label="Try another policy">
          <span aria-hidden="true">Try</span>
          {variants(kind, token.claims).map(({ label, change }) => (
            <button key={label} type="button" className="chip" onClick={() => edit(change(least.value?.text ?? text))}>
              {label}
            </button>
          ))}
        </div>
      )}
      <div id="policy-answer">
        {answer?.value && <PolicyAnswer simulation={answer.value} />}
        {answer?.error && <PolicyProblem error={answer.error} />}
        {!answer && least?.error && <PolicyProblem error={least.error} />}
      </div>
      {least?.value && least.value.outputs.length > 0 && (
        <Generated
          kind={kind}
          outputs={least.value.outputs}
          values={values}
          onValue={(name, value) => setValues((all) => ({ ...all, [name]: value }))}
          problem={undefined}
        />
      )}
      {least?.error && Object.values(values).some(Boolean) && (
        <Generated
          kind={kind}
          outputs={[]}
          values={values}
          onValue={(name, value) => setValues((all) => ({ ...all, [name]: value }))}
          problem={least.error.message}
        />
      )}
    </section>
  );
}

type GeneratedProps = {
  kind: Kind;
  outputs: GeneratedPolicy['outputs'];
  values: Record<string, string>;
  onValue: (name: string, value: string) => void;
  problem: string | undefined;
};

/** The least policy in the forms in which people set it up. */
function Generated({ kind, outputs, values, onValue, problem }: GeneratedProps): React.JSX.Element {
  const [format, setFormat] = useState<GeneratedPolicy['outputs'][number]['format']>();
  const output = outputs.find((one) => one.format === format) ?? outputs[0];
  return (
    <div className="generated">
      <div className="bar">
        <h3>Set up the least policy</h3>
        {output && <CopyButton text={output.text} what={FORMATS[output.format]} />}
      </div>
      <div className="fields">
        {kind.fields.map(({ name, label, example }) => (
          <label key={name}>
            <span>{label}</span>
            <input
              value={values[name] ?? ''}
              placeholder={example}
              onChange={(event) => onValue(name, event.target.value.trim())}
              spellCheck={false}
              autoComplete="off"
            />
          </label>
        ))}
      </div>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {output && (
        <>
          <fieldset className="choice small">
            <legend className="sr-only">Form</legend>
            {outputs.map((one) => (
              <label key={one.format}>
                <input type="radio" name="format" checked={one === output} onChange={() => setFormat(one.format)} />
                <span>{FORMATS[one.format]}</span>
              </label>
            ))}
          </fieldset>
          <pre className="code-block" role="region" tabIndex={0} aria-label={`The least policy: ${FORMATS[output.format]}`}>
            <code>{output.text}</code>
          </pre>
        </>
      )}
    </div>
  );
}

/** What a call makes, or why it refuses. */
function attempt<T>(call: () => T): { value?: T; error?: CountersignError } {
  try {
    return { value: call() };
  } catch (error) {
    if (error instanceof CountersignError || (error as Error).name === 'CountersignError') return { error: error as CountersignError };
    throw error;
  }
}
