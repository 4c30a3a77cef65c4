import { Alert, Button, Stack } from '@grafana/ui';

import type { Parameter } from '../model';
import { parameterNames, variableNames } from '../sqlNames';

interface Props {
  sql: string;
  parameters: Parameter[];
  onAdd: (parameter: Parameter) => void;
}

/** What the SQL uses and does not have yet, each with the way to mend it. */
export function SqlNotes({ sql, parameters, onAdd }: Props) {
  const missing = parameterNames(sql).filter((name) => !parameters.some((parameter) => parameter.name === name));
  const variables = variableNames(sql);
  return (
    <>
      {variables.length > 0 && (
        <Alert severity="warning" title="Variables are not replaced in the SQL" bottomSpacing={0}>
          Write <code>:{variables[0]}</code> instead of <code>${variables[0]}</code>, and give a parameter of this name the
          value <code>{`\${${variables[0]}}`}</code>.
        </Alert>
      )}
      {missing.length > 0 && (
        <Stack direction="row" gap={1} wrap="wrap">
          {missing.map((name) => (
            <Button
              key={name}
              icon="exclamation-triangle"
              size="sm"
              variant="secondary"
              tooltip={`The SQL uses :${name}, which has no value`}
              onClick={() => onAdd({ name, type: 'string', value: '' })}
            >
              Add parameter :{name}
            </Button>
          ))}
        </Stack>
      )}
    </>
  );
}
