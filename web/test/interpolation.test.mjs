import assert from 'node:assert/strict';
import { test } from 'node:test';

import { interpolateParameter } from '../src/interpolation.ts';

const VARIABLES = {
  tag: "o'brien",
  tags: ['music', 'rock "n" roll'],
  one: ['music'],
  none: [],
  number: '42',
};

/** Grafana's replacing, as far as it matters here. */
const replace = (text, format) =>
  text.replace(/\$(\w+)|\$\{(\w+)(?::(\w+))?\}/g, (whole, bare, braced, own) => {
    const value = VARIABLES[bare ?? braced];
    if (value === undefined) {
      return whole;
    }
    return own === 'json' ? JSON.stringify(value) : format(value);
  });

const value = (type, text) => interpolateParameter({ name: 'p', type, value: text }, replace).value;

test('a text takes the value as it is', () => {
  assert.equal(value('string', '${tag}'), "o'brien");
  assert.equal(value('string', ' #$tag and $unknown '), " #o'brien and $unknown ");
  assert.equal(value('string', '$tags'), 'music,rock "n" roll');
});

test('other single values lose the blanks around them', () => {
  assert.equal(value('int', ' ${number} '), '42');
  assert.equal(value('bool', 'true'), 'true');
});

test('an array is a JSON array of the selected values, also of one and of none', () => {
  assert.equal(value('array', '${tags}'), '["music","rock \\"n\\" roll"]');
  assert.equal(value('array', ' $one '), '["music"]');
  assert.equal(value('array', '${none}'), '[]');
  assert.equal(value('array', '${tag}'), '["o\'brien"]');
  assert.equal(value('array', '${tags:json}'), '["music","rock \\"n\\" roll"]');
});

test('in a written array variables are replaced inside the strings', () => {
  assert.equal(value('array', '["a", "${tags}", "x${tag}", 1, null]'), '["a","music","rock \\"n\\" roll","xo\'brien",1,null]');
});

test('an object keeps its structure whatever the values are', () => {
  assert.equal(value('object', '{"t": "${tags:json}", "n": {"x": "$number"}}'), '{"t":"[\\"music\\",\\"rock \\\\\\"n\\\\\\" roll\\"]","n":{"x":"42"}}');
});

test('what is no JSON is left to the server', () => {
  assert.equal(value('array', 'a, ${number}'), 'a, 42');
  assert.equal(value('object', 'nothing'), 'nothing');
});

test('values of files written by hand need not be text', () => {
  assert.equal(value('int', 5), '5');
  assert.equal(value('array', ['${one}', 'b']), '["music","b"]');
});
