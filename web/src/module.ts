import { DataSourcePlugin } from '@grafana/data';

import { ConfigEditor } from './components/ConfigEditor';
import { QueryEditor } from './components/QueryEditor';
import { QueryHelp } from './components/QueryHelp';
import { RocksetDataSource } from './datasource';
import type { Options, Query, Secrets } from './model';

export const plugin = new DataSourcePlugin<RocksetDataSource, Query, Options, Secrets>(RocksetDataSource)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor)
  .setQueryEditorHelp(QueryHelp);
