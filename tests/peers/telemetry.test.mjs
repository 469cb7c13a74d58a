// The recipe of docs/events.md with OpenTelemetry's own API and SDK: it compiles against their types, and its spans and its histogram
// arrive at an exporter.
import assert from 'node:assert/strict';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SpanStatusCode, context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import ts from 'typescript';
import { installProject } from '../js/install.mjs';
import { command } from '../js/runtimes/command.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

let project;
before(async () => {
  project = await installProject('telemetry');
  await symlink(join(here, 'node_modules/@opentelemetry'), join(project, 'node_modules/@opentelemetry'));
  const page = await readFile(join(here, '../../docs/events.md'), 'utf8');
  const [, recipe] = /## OpenTelemetry[\s\S]*?```ts\n([\s\S]*?)```/.exec(page) ?? [];
  assert.ok(recipe, 'docs/events.md has no recipe');
  await writeFile(join(project, 'recipe.mts'), recipe);
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 };
  await writeFile(join(project, 'recipe.mjs'), ts.transpileModule(recipe, { compilerOptions: options }).outputText);
});

test('the recipe compiles against the types of OpenTelemetry', async () => {
  const flags = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext'];
  await command(join(here, 'node_modules/.bin/tsc'), [...flags, 'recipe.mts'], { cwd: project });
});

test('each event is a span below the active one, and a value of the histogram', async () => {
  const spans = new InMemorySpanExporter();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
  const exported = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: exported, exportIntervalMillis: 3_600_000 });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));

  const { record } = await import(pathToFileURL(join(project, 'recipe.mjs')).href);
  const { countersign, testing } = await import(pathToFileURL(join(project, 'entries.mjs')).href);
  const issuer = await testing.createTestIssuer({ issuer: 'https://idp.example' });
  const verifier = countersign.createVerifier({ issuer: issuer.issuer, audience: 'api', fetch: issuer.fetch, onEvent: record });
  const parent = await trace.getTracer('app').startActiveSpan('request', async (span) => {
    await verifier.verify(await issuer.mint({ aud: 'api' }));
    await verifier.verify(await issuer.mint({ aud: 'other' })).catch(() => {});
    span.end();
    return span.spanContext();
  });
  await reader.forceFlush();

  const finished = spans.getFinishedSpans().filter(({ name }) => name !== 'request');
  assert.deepEqual(
    finished.map(({ name, attributes, status }) => [name, { ...attributes }, status.code]),
    [
      ['countersign key-fetch', { 'countersign.host': 'idp.example' }, SpanStatusCode.UNSET],
      ['countersign verified', { 'countersign.issuer': 'idp.example' }, SpanStatusCode.UNSET],
      [
        'countersign refused',
        { 'countersign.code': 'ERR_JWT_CLAIM_VALIDATION_FAILED', 'countersign.issuer': 'idp.example' },
        SpanStatusCode.ERROR,
      ],
    ],
  );
  for (const { name, parentSpanContext, duration } of finished) {
    assert.equal(parentSpanContext?.spanId, parent.spanId, name);
    assert.ok(duration[0] * 1e9 + duration[1] >= 0, name);
  }
  const [{ scopeMetrics }] = exported.getMetrics();
  const [histogram] = scopeMetrics.flatMap(({ metrics }) => metrics);
  assert.equal(histogram.descriptor.name, 'countersign.duration');
  assert.deepEqual(
    histogram.dataPoints.map(({ attributes, value }) => [attributes['countersign.type'], value.count]),
    [
      ['key-fetch', 1],
      ['verified', 1],
      ['refused', 1],
    ],
  );
});
