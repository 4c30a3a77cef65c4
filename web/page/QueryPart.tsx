import { type DataFrame, type DataQuery, type DataQueryRequest, type DataSourceApi, dateTime } from '@grafana/data';
import { type ComponentType, useState } from 'react';
import { from, isObservable, lastValueFrom } from 'rxjs';

import { ResultTable } from './ResultTable';

interface Props {
  datasource: DataSourceApi;
  Editor: ComponentType<any>;
}

/** The query editor, and what its query answers. */
export function QueryPart({ datasource, Editor }: Props) {
  const [query, setQuery] = useState<DataQuery>({ refId: 'A', ...datasource.getDefaultQuery?.('panel-editor' as never) });
  const [frames, setFrames] = useState<DataFrame[]>([]);
  const [error, setError] = useState('');
  const [runs, setRuns] = useState(0);
  // Grafana's editors call onChange and then onRunQuery at once: the newest query must be there.
  const [latest] = useState({ query });
  latest.query = query;

  const onChange = (changed: DataQuery) => {
    latest.query = changed;
    setQuery(changed);
  };
  const onRunQuery = async () => {
    const { data, errors } = await answer(datasource, latest.query);
    setFrames(data);
    setError(errors.join('\n'));
    setRuns((count) => count + 1);
  };
  return (
    <section aria-label="Query">
      <h2>Query</h2>
      <Editor datasource={datasource} query={query} onChange={onChange} onRunQuery={onRunQuery} />
      <h3>Result</h3>
      <p>
        Runs: <output aria-label="Runs">{runs}</output>
      </p>
      {error !== '' && <pre role="alert">{error}</pre>}
      {frames.map((frame, index) => (
        <ResultTable key={index} frame={frame} />
      ))}
      <details>
        <summary>What a panel would save</summary>
        <pre aria-label="Saved query">{JSON.stringify(query, null, 2)}</pre>
      </details>
    </section>
  );
}

async function answer(datasource: DataSourceApi, query: DataQuery) {
  const now = dateTime();
  const start = dateTime(now.valueOf() - 3_600_000);
  const request = {
    requestId: 'page',
    targets: [query],
    range: { from: start, to: now, raw: { from: 'now-1h', to: 'now' } },
    intervalMs: 10_000,
    maxDataPoints: 500,
    scopedVars: {},
  } as unknown as DataQueryRequest;
  try {
    const response = datasource.query(request);
    const result = await lastValueFrom(isObservable(response) ? response : from(response));
    const errors = (result.errors ?? []).map((problem) => problem.message ?? 'an error without a message');
    return { data: result.data as DataFrame[], errors };
  } catch (problem) {
    return { data: [], errors: [String(problem)] };
  }
}
