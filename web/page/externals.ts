// The modules that Grafana supplies to plugins, registered under the names that module.js asks for.
import * as emotion from '@emotion/css';
import * as data from '@grafana/data';
import * as runtime from '@grafana/runtime';
import * as ui from '@grafana/ui';
import * as react from 'react';
import * as jsxRuntime from 'react/jsx-runtime';
import * as reactDom from 'react-dom';
import * as rxjs from 'rxjs';

const supplied: Record<string, object> = {
  '@emotion/css': emotion,
  '@grafana/data': data,
  '@grafana/runtime': runtime,
  '@grafana/ui': ui,
  react,
  'react-dom': reactDom,
  'react/jsx-runtime': jsxRuntime,
  rxjs,
};

/** SystemJS, loaded by index.html. */
interface SystemLoader {
  addImportMap(map: { imports: Record<string, string> }): void;
  set(url: string, module: object): void;
  import(url: string): Promise<Record<string, unknown>>;
}

declare const System: SystemLoader;

/** Loads the plugin as Grafana does: an AMD module whose imports are the page's own. */
export async function loadPlugin(id: string): Promise<data.DataSourcePlugin<data.DataSourceApi>> {
  const imports = Object.fromEntries(Object.keys(supplied).map((name) => [name, `package:${name}`]));
  System.addImportMap({ imports });
  for (const [name, module] of Object.entries(supplied)) {
    System.set(`package:${name}`, { ...module, __useDefault: true, default: module });
  }
  const { plugin } = await System.import(`/public/plugins/${id}/module.js`);
  if (!(plugin instanceof data.DataSourcePlugin)) {
    throw new Error(`module.js of ${id} exports no DataSourcePlugin`);
  }
  return plugin;
}
