import type { DataQuery, DataSourceJsonData } from '@grafana/data';

/** How the back end shapes an answer. */
export type Format = 'table' | 'time_series';

/** The parameter types of Rockset's REST API. */
export const PARAMETER_TYPES = [
  'string',
  'int',
  'float',
  'bool',
  'date',
  'datetime',
  'time',
  'timestamp',
  'array',
  'object',
  'null',
] as const;

/** One of the parameter types. */
export type ParameterType = (typeof PARAMETER_TYPES)[number];

/** A typed value for `:name` in the SQL. */
export interface Parameter {
  /** The name without its colon. */
  name: string;
  type: ParameterType;
  /** The value as text; it may hold dashboard variables such as `${hashtag}`. */
  value: string;
}

/** What a panel saves, and what the back end reads. */
export interface Query extends DataQuery {
  rawSql: string;
  format: Format;
  parameters: Parameter[];
}

/** The settings that are not secret. */
export interface Options extends DataSourceJsonData {
  timeoutSeconds?: number;
  rowLimit?: number;
}

/** The settings that never come back to the browser. */
export interface Secrets {
  apiKey?: string;
}

/** What a new panel starts with. */
export const DEFAULT_QUERY: Pick<Query, 'rawSql' | 'format' | 'parameters'> = {
  rawSql: '',
  format: 'table',
  parameters: [],
};

/**
 * A query with the members that a saved, provisioned or brand-new one may lack. Nothing that is there is changed or
 * dropped.
 */
export function withDefaults<Q extends Partial<Query>>(query: Q): Q & Pick<Query, 'rawSql' | 'format' | 'parameters'> {
  return {
    ...query,
    rawSql: query.rawSql ?? DEFAULT_QUERY.rawSql,
    format: query.format ?? DEFAULT_QUERY.format,
    parameters: query.parameters ?? DEFAULT_QUERY.parameters,
  };
}

/** The value as text: files written by hand may hold numbers, lists or objects. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
