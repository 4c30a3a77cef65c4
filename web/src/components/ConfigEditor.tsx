import {
  type DataSourcePluginOptionsEditorProps,
  onUpdateDatasourceSecureJsonDataOption,
  updateDatasourcePluginResetOption,
} from '@grafana/data';
import { FieldSet, InlineField, Input, SecretInput } from '@grafana/ui';
import { type ChangeEvent, useId } from 'react';

import type { Options, Secrets } from '../model';
import { boundProblem, ROW_LIMIT, TIMEOUT_SECONDS, urlProblem } from '../validation';

type Props = DataSourcePluginOptionsEditorProps<Options, Secrets>;

const LABEL_WIDTH = 22;
const INPUT_WIDTH = 50;

/** The settings page. */
export function ConfigEditor(props: Props) {
  return (
    <>
      <Connection {...props} />
      <Limits {...props} />
    </>
  );
}

function Connection(props: Props) {
  const { options, onOptionsChange } = props;
  const id = useId();
  const problem = urlProblem(options.url);
  const onUrlChange = (event: ChangeEvent<HTMLInputElement>) =>
    onOptionsChange({ ...options, url: event.currentTarget.value });
  return (
    <FieldSet label="Connection">
      <InlineField
        label="URL"
        labelWidth={LABEL_WIDTH}
        htmlFor={`${id}-url`}
        tooltip="The address of the server. Grafana's own machine calls it, not the browser."
        required
        // A new data source is not wrong yet, just empty.
        invalid={options.url !== '' && problem !== undefined}
        error={problem}
      >
        <Input
          id={`${id}-url`}
          width={INPUT_WIDTH}
          value={options.url}
          placeholder="http://127.0.0.1:9080"
          readOnly={options.readOnly}
          onChange={onUrlChange}
        />
      </InlineField>
      <InlineField
        label="API key"
        labelWidth={LABEL_WIDTH}
        htmlFor={`${id}-key`}
        tooltip="The server writes its first key to the file api-key in its data folder. Grafana stores it encrypted and never sends it to a browser."
        required
      >
        <SecretInput
          id={`${id}-key`}
          width={INPUT_WIDTH}
          isConfigured={options.secureJsonFields?.apiKey ?? false}
          value={options.secureJsonData?.apiKey ?? ''}
          placeholder="API key"
          autoComplete="off"
          disabled={options.readOnly}
          onReset={() => updateDatasourcePluginResetOption(props, 'apiKey')}
          onChange={onUpdateDatasourceSecureJsonDataOption(props, 'apiKey')}
        />
      </InlineField>
    </FieldSet>
  );
}

function Limits(props: Props) {
  return (
    <FieldSet label="Limits">
      <NumberSetting
        {...props}
        name="timeoutSeconds"
        label="Query time-out (s)"
        tooltip="A query that takes longer is stopped, in the server too."
        bounds={TIMEOUT_SECONDS}
      />
      <NumberSetting
        {...props}
        name="rowLimit"
        label="Row limit"
        tooltip="The most rows that a query without a LIMIT of its own answers."
        bounds={ROW_LIMIT}
      />
    </FieldSet>
  );
}

interface NumberSettingProps extends Props {
  name: 'timeoutSeconds' | 'rowLimit';
  label: string;
  tooltip: string;
  bounds: { fallback: number; max: number };
}

function NumberSetting({ name, label, tooltip, bounds, ...props }: NumberSettingProps) {
  const { options } = props;
  const id = useId();
  const value = options.jsonData[name];
  const problem = boundProblem(value, bounds.max);
  const onChange = (event: ChangeEvent<HTMLInputElement>) => {
    const text = event.currentTarget.value;
    if (text !== '') {
      props.onOptionsChange({ ...options, jsonData: { ...options.jsonData, [name]: Number(text) } });
      return;
    }
    // An empty field is the default, and the default is not saved: a later version may have a better one.
    const { [name]: _cleared, ...jsonData } = options.jsonData;
    props.onOptionsChange({ ...options, jsonData });
  };
  return (
    <InlineField
      label={label}
      labelWidth={LABEL_WIDTH}
      htmlFor={id}
      tooltip={`${tooltip} Default: ${bounds.fallback.toLocaleString('en')}.`}
      invalid={problem !== undefined}
      error={problem}
    >
      <Input
        id={id}
        type="number"
        width={20}
        min={1}
        max={bounds.max}
        value={value ?? ''}
        placeholder={String(bounds.fallback)}
        readOnly={options.readOnly}
        onChange={onChange}
      />
    </InlineField>
  );
}
