// The plugin's front end: one AMD file that Grafana loads, with everything Grafana itself supplies left out.
const path = require('path');

const externals = require('./externals');

module.exports = {
  context: __dirname,
  entry: { module: './src/module.ts' },
  target: ['web', 'es2022'],
  devtool: 'source-map',
  externals: [({ request }, done) => (externals.isSupplied(request) ? done(null, request) : done())],
  resolve: { extensions: ['.ts', '.tsx', '.js'] },
  module: { rules: [externals.typescript] },
  output: {
    path: path.resolve(__dirname, 'dist'),
    filename: '[name].js',
    library: { type: 'amd' },
    publicPath: 'public/plugins/rockset-datasource/',
    uniqueName: 'rockset-datasource',
    clean: true,
  },
};
