// A page that hosts the plugin's own module.js as Grafana does, with the real @grafana packages and the real Monaco.
const path = require('path');

const CopyPlugin = require('copy-webpack-plugin');

const externals = require('../externals');

const from = (file) => path.resolve(__dirname, '../node_modules', file);

module.exports = {
  context: __dirname,
  entry: { page: './page.tsx', 'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js' },
  target: ['web', 'es2022'],
  performance: { hints: false },
  // Minifying all of Grafana's packages takes a minute and buys nothing on this machine.
  optimization: { minimize: false },
  experiments: { css: true },
  resolve: {
    extensions: ['.ts', '.tsx', '.mjs', '.js'],
    alias: { 'monaco-editor$': path.resolve(__dirname, 'monaco.js') },
  },
  module: {
    rules: [
      externals.typescript,
      { test: /\.m?js$/, resolve: { fullySpecified: false } },
      { test: /\.css$/, type: 'css' },
      { test: /\.(ttf|svg|png)$/, type: 'asset/resource', generator: { filename: 'assets/[name][ext]' } },
    ],
  },
  plugins: [
    new CopyPlugin({
      patterns: [
        'index.html',
        { from: from('systemjs/dist/system.js') },
        { from: from('systemjs/dist/extras/amd.js') },
        { from: from('@grafana/ui/dist/public/img'), to: 'build/img' },
        { from: from('@grafana/ui/dist/public/img'), to: 'img' },
      ],
    }),
  ],
  output: { path: path.resolve(__dirname, 'dist'), filename: '[name].js', cssFilename: '[name].css', clean: true },
};
