import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PARAMETER_TYPES } from '../src/model.ts';
import { boundProblem, nameProblem, urlProblem, valueExample, valueProblem } from '../src/validation.ts';

test('an address needs a protocol and a host', () => {
  assert.equal(urlProblem(' https://rockset.example:9080/ '), undefined);
  assert.match(urlProblem('localhost:9080'), /http:\/\/ or https:\/\//);
  assert.match(urlProblem('http://'), /start with/);
  assert.match(urlProblem(''), /missing/);
});

test('limits are whole numbers within the bounds of the back end', () => {
  assert.equal(boundProblem(undefined, 1800), undefined);
  assert.equal(boundProblem(1800, 1800), undefined);
  for (const wrong of [0, 1801, 1.5, NaN]) {
    assert.match(boundProblem(wrong, 1800), /from 1 to 1,800/);
  }
});

test('a name is there once and is not one of the built-in ones', () => {
  const named = (...names) => names.map((name) => ({ name, type: 'string', value: '' }));
  assert.equal(nameProblem(named('a', 'b'), 1), undefined);
  assert.match(nameProblem(named('a', 'a'), 1), /already/);
  assert.match(nameProblem(named(''), 0), /needs a name/);
  assert.match(nameProblem(named('__from'), 0), /__/);
});

test('a value fits its type, unless a variable will fill it', () => {
  const problem = (type, value) => valueProblem({ name: 'p', type, value });
  const good = { int: '-7', float: '1e3', bool: 'TRUE', date: '2024-09-30', array: '[1]', object: '{}', null: '?' };
  for (const [type, value] of Object.entries(good)) {
    assert.equal(problem(type, value), undefined, type);
  }
  const wrong = { int: '1.5', float: '', bool: 'yes', date: 'today', time: 'noon', array: '{}', object: '[]' };
  for (const [type, value] of Object.entries(wrong)) {
    assert.match(problem(type, value), /^Expected /, type);
    assert.equal(problem(type, '${variable}'), undefined, type);
  }
  for (const type of PARAMETER_TYPES) {
    assert.ok(valueExample(type).length > 0, type);
  }
});
