import {
  createTheme,
  type DataSourceApi,
  type DataSourceInstanceSettings,
  type DataSourcePlugin,
  type DataSourcePluginMeta,
  ThemeContext,
} from '@grafana/data';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import { type ChangeEvent, useState } from 'react';
import { createRoot } from 'react-dom/client';

import { loadPlugin } from './externals';
import { QueryPart } from './QueryPart';
import { setServices, type Variables } from './services';
import { SettingsPart } from './SettingsPart';

const PLUGIN_ID = 'rockset-datasource';
// The uid that the stand-in gives its one data source.
const UID = 'rockset-standin';

const settings = {
  id: 1,
  uid: UID,
  name: 'Rockset',
  type: PLUGIN_ID,
  access: 'proxy',
  readOnly: false,
  jsonData: {},
  meta: { id: PLUGIN_ID, name: 'Rockset' } as DataSourcePluginMeta,
} as DataSourceInstanceSettings;

const current: { variables: Variables } = { variables: { hashtag: 'music', hashtags: ['music', 'jobs'] } };

function Page({ plugin }: { plugin: DataSourcePlugin<DataSourceApi> }) {
  const [datasource] = useState(() => new plugin.DataSourceClass(settings));
  const { ConfigEditor, QueryEditor } = plugin.components;
  return (
    <ThemeContext.Provider value={createTheme({ colors: { mode: 'light' } })}>
      <GlobalStyles />
      <div style={{ padding: 16, maxWidth: 1200 }}>
        {ConfigEditor && (
          <SettingsPart settings={settings} Editor={ConfigEditor} onTest={() => datasource.testDatasource()} />
        )}
        <VariablesPart />
        {QueryEditor && <QueryPart datasource={datasource} Editor={QueryEditor} />}
      </div>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

function VariablesPart() {
  const [text, setText] = useState(JSON.stringify(current.variables));
  const onChange = (event: ChangeEvent<HTMLInputElement>) => {
    setText(event.currentTarget.value);
    try {
      current.variables = JSON.parse(event.currentTarget.value);
    } catch {
      // Half a text while it is being typed: the last whole one stays.
    }
  };
  return (
    <section aria-label="Variables">
      <h2>Dashboard variables</h2>
      <input aria-label="Variables as JSON" size={80} value={text} onChange={onChange} />
    </section>
  );
}

async function start(root: HTMLElement) {
  try {
    setServices(settings, () => current.variables);
    const plugin = await loadPlugin(PLUGIN_ID);
    createRoot(root).render(<Page plugin={plugin} />);
  } catch (problem) {
    root.textContent = `The plugin could not be loaded: ${problem}`;
  }
}

const root = document.getElementById('page');
if (root !== null) {
  void start(root);
}
