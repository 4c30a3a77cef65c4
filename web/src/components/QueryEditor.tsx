import type { QueryEditorProps } from '@grafana/data';
import { Button, InlineField, RadioButtonGroup, Stack } from '@grafana/ui';
import { type MouseEvent, useId, useState } from 'react';

import type { RocksetDataSource } from '../datasource';
import { type Format, type Options, type Parameter, type Query, withDefaults } from '../model';
import { ParameterList } from './ParameterList';
import { QueryHelp } from './QueryHelp';
import { SqlEditor } from './SqlEditor';
import { SqlNotes } from './SqlNotes';
import { useSqlDraft } from './useSqlDraft';

type Props = QueryEditorProps<RocksetDataSource, Query, Options>;

const FORMATS: Array<{ label: string; value: Format; description: string }> = [
  { label: 'Table', value: 'table', description: 'Rows as they are' },
  { label: 'Time series', value: 'time_series', description: 'A timestamp column and number columns' },
];

/** The query editor of panels, Explore, annotations and alert rules. */
export function QueryEditor(props: Props) {
  const query = withDefaults(props.query);
  const { keep, take } = useSqlDraft(query.rawSql);
  const [isHelpOpen, setHelpOpen] = useState(false);

  /** Saves a change together with the SQL as it stands in the editor. */
  const save = (change: Partial<Query>) => props.onChange({ ...query, rawSql: take(), ...change });
  const saveAndRun = (change: Partial<Query>) => {
    save(change);
    props.onRunQuery();
  };
  const commit = () => {
    if (take() !== query.rawSql) {
      saveAndRun({});
    }
  };
  const run = () => {
    if (take() !== query.rawSql) {
      save({});
    }
    props.onRunQuery();
  };
  /** Leaving a changed code editor runs the query: pressing the button must not make it run twice. */
  const keepFocus = (event: MouseEvent) => {
    if (take() !== query.rawSql) {
      event.preventDefault();
    }
  };
  const onParametersChange = (parameters: Parameter[]) => saveAndRun({ parameters });

  return (
    <Stack direction="column" gap={1}>
      <Toolbar
        format={query.format}
        isHelpOpen={isHelpOpen}
        onFormatChange={(format) => saveAndRun({ format })}
        onHelp={() => setHelpOpen(!isHelpOpen)}
        onRunPress={keepFocus}
        onRun={run}
      />
      {isHelpOpen && <QueryHelp />}
      <SqlEditor
        sql={query.rawSql}
        parameterNames={query.parameters.map((parameter) => parameter.name)}
        onDraft={keep}
        onCommit={commit}
        onRun={run}
      />
      <SqlNotes
        sql={query.rawSql}
        parameters={query.parameters}
        // Without a value there is nothing to run yet.
        onAdd={(parameter) => save({ parameters: [...query.parameters, parameter] })}
      />
      <ParameterList parameters={query.parameters} onChange={onParametersChange} />
    </Stack>
  );
}

interface ToolbarProps {
  format: Format;
  isHelpOpen: boolean;
  onFormatChange: (format: Format) => void;
  onHelp: () => void;
  onRunPress: (event: MouseEvent) => void;
  onRun: () => void;
}

function Toolbar({ format, isHelpOpen, onFormatChange, onHelp, onRunPress, onRun }: ToolbarProps) {
  // Without an id of its own the group makes new ones on every refresh of the dashboard.
  const id = useId();
  return (
    <Stack direction="row" gap={1} alignItems="center" wrap="wrap">
      <InlineField label="Format" transparent>
        <RadioButtonGroup id={id} aria-label="Format" options={FORMATS} value={format} onChange={onFormatChange} />
      </InlineField>
      <Button icon="play" size="sm" onMouseDown={onRunPress} onClick={onRun}>
        Run query
      </Button>
      <Button icon="question-circle" size="sm" variant="secondary" fill="text" aria-expanded={isHelpOpen} onClick={onHelp}>
        Macros and variables
      </Button>
    </Stack>
  );
}
