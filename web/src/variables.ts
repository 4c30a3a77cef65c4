import { CustomVariableSupport, type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import { map, type Observable } from 'rxjs';

import { VariableQueryEditor } from './components/VariableQueryEditor';
import type { RocksetDataSource } from './datasource';
import { DEFAULT_QUERY, type Query } from './model';
import { variableOptions } from './variableOptions';

/** Dashboard variables whose options come from a query. */
export class RocksetVariableSupport extends CustomVariableSupport<RocksetDataSource, Query> {
  editor = VariableQueryEditor;

  constructor(private readonly datasource: RocksetDataSource) {
    super();
  }

  getDefaultQuery(): Partial<Query> {
    return { ...DEFAULT_QUERY };
  }

  query = (request: DataQueryRequest<Query>): Observable<DataQueryResponse> => {
    const targets = request.targets.filter((query) => this.datasource.filterQuery(query));
    return this.datasource
      .query({ ...request, targets })
      .pipe(map((response) => ({ ...response, data: variableOptions(response.data) })));
  };
}
