import assert from 'node:assert/strict';
import { test } from 'node:test';

import { valueText, withDefaults } from '../src/model.ts';

test('a new query is an empty table query', () => {
  assert.deepEqual(withDefaults({ refId: 'A' }), { refId: 'A', rawSql: '', format: 'table', parameters: [] });
});

test('a saved query comes back unchanged, with what this version does not know', () => {
  const saved = {
    refId: 'B',
    hide: true,
    datasource: { type: 'rockset-datasource', uid: '${datasource}' },
    rawSql: 'SELECT 1\r\n',
    format: 'time_series',
    parameters: [{ name: 'x', type: 'int', value: '1', later: true }],
    later: { more: [1] },
  };
  assert.deepEqual(withDefaults(saved), saved);
  assert.equal(JSON.stringify(withDefaults(saved)), JSON.stringify(saved));
});

test('values that are no text are shown as JSON', () => {
  assert.equal(valueText('a'), 'a');
  assert.equal(valueText(['a']), '["a"]');
  assert.equal(valueText(undefined), '');
});
