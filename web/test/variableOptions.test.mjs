import assert from 'node:assert/strict';
import { test } from 'node:test';

import { variableOptions } from '../src/variableOptions.ts';

const frame = (...fields) => ({
  fields: fields.map(([name, type, values]) => ({ name, type, values, config: {} })),
  length: fields[0]?.[2].length ?? 0,
});
const option = (text, value = text) => ({ text, value });

test('the first text column gives the options, each once and without null', () => {
  const answer = frame(['n', 'number', [1, 2, 3, 4]], ['tag', 'string', ['b', 'a', 'b', null]]);
  assert.deepEqual(variableOptions([answer]), [option('b'), option('a')]);
});

test('columns named text and value give label and value, numbers too', () => {
  const answer = frame(['value', 'number', [7, 8]], ['text', 'string', ['seven', null]]);
  assert.deepEqual(variableOptions([answer]), [option('seven', '7'), option('8', '8')]);
  assert.deepEqual(variableOptions([frame(['__value', 'string', ['v']], ['__text', 'string', ['t']])]), [option('t', 'v')]);
});

test('without a text column the first column is taken', () => {
  assert.deepEqual(variableOptions([frame(['id', 'number', [3]])]), [option('3')]);
  assert.deepEqual(variableOptions([frame()]), []);
  assert.deepEqual(variableOptions([]), []);
});
