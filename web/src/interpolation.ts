import { type Parameter, valueText } from './model';

/** Grafana's replacing of `$name` and `${name}`; `format` turns the value of each variable into text. */
export type Replace = (text: string, format: (value: unknown) => string) => string;

/** A text that is one variable and nothing else. */
const REFERENCE = /^(\$\w+|\$\{[^{}]+\}|\[\[[^[\]]+\]\])$/;

/**
 * A parameter with the dashboard's variables in its value. An `array` is always sent as a JSON array: of a variable's
 * selected values, also if only one is selected. In lists and objects written as JSON, variables are replaced inside
 * the strings, so that no value can change the structure around it.
 */
export function interpolateParameter(parameter: Parameter, replace: Replace): Parameter {
  const text = valueText(parameter.value);
  switch (parameter.type) {
    case 'string':
      return { ...parameter, value: replace(text, plainText) };
    case 'array':
      return { ...parameter, value: arrayText(text.trim(), replace) };
    case 'object':
      return { ...parameter, value: objectText(text.trim(), replace) };
    default:
      return { ...parameter, value: replace(text, plainText).trim() };
  }
}

function plainText(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}

function arrayText(text: string, replace: Replace): string {
  if (REFERENCE.test(text)) {
    return JSON.stringify(selectedValues(text, replace));
  }
  const json = parseJson(text);
  // What is not JSON goes to the server as it is: its error names the parameter.
  return json === undefined ? replace(text, plainText) : JSON.stringify(replaceInJson(json, replace));
}

function objectText(text: string, replace: Replace): string {
  const json = REFERENCE.test(text) ? undefined : parseJson(text);
  return json === undefined ? replace(text, plainText) : JSON.stringify(replaceInJson(json, replace));
}

function selectedValues(reference: string, replace: Replace): unknown[] {
  let values: unknown[] | undefined;
  const text = replace(reference, (value) => {
    values = Array.isArray(value) ? value : [value];
    return '';
  });
  if (values !== undefined) {
    return values;
  }
  // The reference has a format of its own, as ${tags:json} has, or a custom value for "All", or names no variable.
  const json = parseJson(text);
  if (Array.isArray(json)) {
    return json;
  }
  return text === '' ? [] : [text];
}

function replaceInJson(json: unknown, replace: Replace): unknown {
  if (typeof json === 'string') {
    return replace(json, plainText);
  }
  if (Array.isArray(json)) {
    return json.flatMap((item) =>
      typeof item === 'string' && REFERENCE.test(item) ? selectedValues(item, replace) : [replaceInJson(item, replace)]
    );
  }
  if (json !== null && typeof json === 'object') {
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, replaceInJson(value, replace)]));
  }
  return json;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
