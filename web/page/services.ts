// Grafana's services, as far as a data source uses them.
import type { DataSourceInstanceSettings, ScopedVars } from '@grafana/data';
import {
  type BackendSrv,
  type BackendSrvRequest,
  type DataSourceSrv,
  type FetchResponse,
  setBackendSrv,
  setDataSourceSrv,
  setTemplateSrv,
  type TemplateSrv,
} from '@grafana/runtime';
import { from, type Observable } from 'rxjs';

/** Values of dashboard variables; a list is a variable with several selected values. */
export type Variables = Record<string, string | string[]>;

/** Sets the services; `variables` answers the newest values. */
export function setServices(settings: DataSourceInstanceSettings, variables: () => Variables) {
  setBackendSrv(backend as unknown as BackendSrv);
  setDataSourceSrv({ getInstanceSettings: () => settings } as unknown as DataSourceSrv);
  setTemplateSrv(templates(variables));
}

const backend = {
  fetch: (request: BackendSrvRequest): Observable<FetchResponse> => from(call(request)),
  get: async (url: string) => (await call({ url, method: 'GET' })).data,
};

async function call({ url, method, data, headers }: BackendSrvRequest): Promise<FetchResponse> {
  const body = data === undefined ? undefined : JSON.stringify(data);
  const response = await fetch(url.startsWith('/') ? url : `/${url}`, {
    method,
    body,
    headers: { ...headers, 'content-type': 'application/json' },
  });
  const answer = {
    data: await response.json(),
    ok: response.ok,
    status: response.status,
    statusText: response.statusText,
  } as FetchResponse;
  if (!response.ok) {
    throw answer;
  }
  return answer;
}

function templates(variables: () => Variables): TemplateSrv {
  const replace = (text = '', _scoped?: ScopedVars, format?: string | Function) =>
    text.replace(/\$(\w+)|\$\{(\w+)(?::(\w+))?\}/g, (whole, bare, braced, ownFormat) => {
      const value = variables()[bare ?? braced];
      return value === undefined ? whole : formatted(value, ownFormat ?? format);
    });
  return {
    getVariables: () => [],
    replace,
    containsTemplate: (text) => /\$/.test(text ?? ''),
    updateTimeRange: () => {},
  };
}

function formatted(value: string | string[], format?: string | Function): string {
  if (typeof format === 'function') {
    return format(value, {}, (other: unknown) => String(other));
  }
  if (format === 'json') {
    return JSON.stringify(value);
  }
  if (format === 'csv' || format === 'raw' || !Array.isArray(value)) {
    return String(value);
  }
  return `{${value.join(',')}}`;
}
