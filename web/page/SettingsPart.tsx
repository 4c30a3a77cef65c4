import type { DataSourceInstanceSettings, DataSourceSettings } from '@grafana/data';
import { Button } from '@grafana/ui';
import { type ComponentType, useState } from 'react';

interface Props {
  settings: DataSourceInstanceSettings;
  Editor: ComponentType<any>;
  onTest: () => Promise<{ message: string }>;
}

/** The settings page with its *Save & test* button. Nothing is saved: the stand-in has the settings it was started with. */
export function SettingsPart({ settings, Editor, onTest }: Props) {
  const [options, setOptions] = useState<DataSourceSettings<any, any>>(initialOptions(settings));
  const [message, setMessage] = useState('');
  const test = async () => {
    const answer = await onTest().catch((problem) => ({ message: String(problem.message ?? problem) }));
    setMessage(answer.message);
  };
  return (
    <section aria-label="Settings">
      <h2>Settings</h2>
      <Editor options={options} onOptionsChange={setOptions} />
      <Button onClick={test}>Save &amp; test</Button> <span role="status">{message}</span>
      <details>
        <summary>What would be saved</summary>
        <pre aria-label="Saved settings">{JSON.stringify({ ...options, secureJsonData: undefined }, null, 2)}</pre>
      </details>
    </section>
  );
}

function initialOptions(settings: DataSourceInstanceSettings): DataSourceSettings<any, any> {
  return {
    id: 1,
    uid: settings.uid,
    orgId: 1,
    name: settings.name,
    type: settings.type,
    typeLogoUrl: '',
    typeName: settings.meta.name,
    access: 'proxy',
    url: '',
    user: '',
    database: '',
    basicAuth: false,
    basicAuthUser: '',
    isDefault: true,
    jsonData: {},
    secureJsonFields: { apiKey: true },
    secureJsonData: {},
    readOnly: false,
    withCredentials: false,
  };
}
