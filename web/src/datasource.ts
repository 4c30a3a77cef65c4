import type { DataSourceInstanceSettings, ScopedVars } from '@grafana/data';
import { DataSourceWithBackend, getTemplateSrv } from '@grafana/runtime';

import { interpolateParameter, type Replace } from './interpolation';
import { DEFAULT_QUERY, type Options, type Query, withDefaults } from './model';
import { RocksetVariableSupport } from './variables';

/** The data source: queries go to the back end as they were saved, except for the values of their parameters. */
export class RocksetDataSource extends DataSourceWithBackend<Query, Options> {
  constructor(settings: DataSourceInstanceSettings<Options>) {
    super(settings);
    this.annotations = {};
    this.variables = new RocksetVariableSupport(this);
  }

  getDefaultQuery(): Partial<Query> {
    return { ...DEFAULT_QUERY };
  }

  /** An empty panel asks nothing. */
  filterQuery(query: Query): boolean {
    return (query.rawSql ?? '').trim() !== '';
  }

  /**
   * Replaces dashboard variables in the values of parameters and nowhere else: values reach the server as typed
   * parameters, so none of them can change what the SQL does.
   */
  applyTemplateVariables(query: Query, scopedVars: ScopedVars): Query {
    const replace: Replace = (text, format) => getTemplateSrv().replace(text, scopedVars, format);
    const parameters = withDefaults(query).parameters
      // A row of the editor that has no name yet; the back end refuses it.
      .filter((parameter) => parameter.name !== '')
      .map((parameter) => interpolateParameter(parameter, replace));
    return { ...query, parameters };
  }

  /** What query history and collapsed rows show. */
  getQueryDisplayText(query: Query): string {
    return query.rawSql ?? '';
  }
}
