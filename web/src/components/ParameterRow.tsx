import { Combobox, IconButton, InlineField, Stack } from '@grafana/ui';
import { useId } from 'react';

import { type Parameter, PARAMETER_TYPES, valueText } from '../model';
import { valueExample, valueProblem } from '../validation';
import { DraftInput } from './DraftInput';

interface Props {
  parameter: Parameter;
  /** Why the name cannot be used. */
  nameProblem?: string;
  onChange: (parameter: Parameter) => void;
  onRemove: () => void;
}

const TYPE_OPTIONS = PARAMETER_TYPES.map((type) => ({ label: type, value: type }));

/** One parameter: name, type, value. */
export function ParameterRow({ parameter, nameProblem, onChange, onRemove }: Props) {
  const id = useId();
  const problem = valueProblem(parameter);
  return (
    <Stack direction="row" gap={0.5} wrap="wrap" alignItems="flex-start">
      <InlineField label="Name" htmlFor={`${id}-name`} invalid={nameProblem !== undefined} error={nameProblem}>
        <DraftInput
          id={`${id}-name`}
          width={20}
          prefix=":"
          value={parameter.name}
          placeholder="name"
          // The colon belongs to the SQL; people type it here too.
          onCommit={(text) => onChange({ ...parameter, name: text.trim().replace(/^:/, '') })}
        />
      </InlineField>
      <InlineField label="Type" htmlFor={`${id}-type`}>
        <Combobox
          id={`${id}-type`}
          width={16}
          options={TYPE_OPTIONS}
          value={parameter.type}
          onChange={(option) => onChange({ ...parameter, type: option.value })}
        />
      </InlineField>
      <InlineField label="Value" htmlFor={`${id}-value`} invalid={problem !== undefined} error={problem}>
        <DraftInput
          id={`${id}-value`}
          width={36}
          value={valueText(parameter.value)}
          placeholder={valueExample(parameter.type)}
          disabled={parameter.type === 'null'}
          onCommit={(value) => onChange({ ...parameter, value })}
        />
      </InlineField>
      <IconButton
        name="trash-alt"
        size="lg"
        tooltip={`Remove parameter ${parameter.name}`.trim()}
        aria-label={`Remove parameter ${parameter.name}`.trim()}
        onClick={onRemove}
      />
    </Stack>
  );
}
