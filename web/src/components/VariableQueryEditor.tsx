import type { QueryEditorProps } from '@grafana/data';
import { Stack, Text } from '@grafana/ui';

import type { RocksetDataSource } from '../datasource';
import { type Options, type Query, withDefaults } from '../model';
import { ParameterList } from './ParameterList';
import { SqlEditor } from './SqlEditor';
import { SqlNotes } from './SqlNotes';
import { useSqlDraft } from './useSqlDraft';

type Props = QueryEditorProps<RocksetDataSource, Query, Options>;

/** The editor of a dashboard variable's query. Grafana runs the query itself when the query changes. */
export function VariableQueryEditor(props: Props) {
  const query = withDefaults(props.query);
  const { keep, take } = useSqlDraft(query.rawSql);
  const save = (change: Partial<Query>) => props.onChange({ ...query, rawSql: take(), ...change });
  const commit = () => {
    if (take() !== query.rawSql) {
      save({});
    }
  };
  return (
    <Stack direction="column" gap={1}>
      <Text variant="bodySmall" color="secondary">
        The options are the values of the first text column. Columns named text and value give options another label.
      </Text>
      <SqlEditor
        sql={query.rawSql}
        parameterNames={query.parameters.map((parameter) => parameter.name)}
        onDraft={keep}
        onCommit={commit}
        onRun={commit}
      />
      <SqlNotes
        sql={query.rawSql}
        parameters={query.parameters}
        onAdd={(parameter) => save({ parameters: [...query.parameters, parameter] })}
      />
      <ParameterList parameters={query.parameters} onChange={(parameters) => save({ parameters })} />
    </Stack>
  );
}
