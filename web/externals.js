// What Grafana supplies at run time. A second copy of any of these (of React's jsx-runtime above all) breaks the
// plugin, so none of them may end up in module.js.

/** The modules that the plugin imports and Grafana supplies. */
const supplied = [
  '@emotion/css',
  '@grafana/data',
  '@grafana/runtime',
  '@grafana/ui',
  'lodash',
  'react',
  'react-dom',
  'react/jsx-dev-runtime',
  'react/jsx-runtime',
  'rxjs',
  'rxjs/operators',
];

/** Whether an import is left to Grafana. */
const isSupplied = (request) => supplied.includes(request);

/** The webpack rule for TypeScript. */
const typescript = {
  test: /\.tsx?$/,
  exclude: /node_modules/,
  use: {
    loader: 'swc-loader',
    options: {
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', tsx: true },
        transform: { react: { runtime: 'automatic' } },
      },
    },
  },
};

module.exports = { supplied, isSupplied, typescript };
