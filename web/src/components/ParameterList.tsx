import { Button, Stack, Text } from '@grafana/ui';

import type { Parameter } from '../model';
import { nameProblem } from '../validation';
import { ParameterRow } from './ParameterRow';

interface Props {
  parameters: Parameter[];
  onChange: (parameters: Parameter[]) => void;
}

/** The typed parameters of a query. */
export function ParameterList({ parameters, onChange }: Props) {
  const replaced = (index: number, parameter: Parameter) =>
    parameters.map((other, at) => (at === index ? parameter : other));
  return (
    <Stack direction="column" gap={0.5} alignItems="flex-start">
      {parameters.length > 0 && <Text variant="bodySmall">Parameters</Text>}
      {parameters.map((parameter, index) => (
        // Rows have no identity of their own, and each holds only what the user is typing right now.
        <ParameterRow
          key={index}
          parameter={parameter}
          nameProblem={nameProblem(parameters, index)}
          onChange={(changed) => onChange(replaced(index, changed))}
          onRemove={() => onChange(parameters.filter((_, at) => at !== index))}
        />
      ))}
      <Button
        icon="plus"
        size="sm"
        variant="secondary"
        onClick={() => onChange([...parameters, { name: '', type: 'string', value: '' }])}
      >
        Add parameter
      </Button>
    </Stack>
  );
}
