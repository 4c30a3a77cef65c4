import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parameterNames, variableNames } from '../src/sqlNames.ts';

test('parameters are found, each once', () => {
  assert.deepEqual(parameterNames('SELECT :a WHERE x = :b AND y IN (:a) AND t > :__from'), ['a', 'b']);
});

test('casts, texts, quoted names, comments and objects hold no parameters', () => {
  assert.deepEqual(parameterNames(`SELECT x::int, ':a', 'it''s :b', ":c" -- :d\n/* :e */ , {'k':v}`), []);
});

test('variables in the SQL are found; macros are none', () => {
  assert.deepEqual(variableNames("SELECT '$a', $b, ${c:csv} WHERE $__timeFilter(t) AND $__interval"), ['b', 'c']);
});
