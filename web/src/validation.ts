import { PARAMETER_TYPES, type Parameter, valueText } from './model';

/** The back end's own bounds; it refuses what lies outside. */
export const TIMEOUT_SECONDS = { fallback: 30, max: 1800 };
export const ROW_LIMIT = { fallback: 10_000, max: 1_000_000 };

/** Why a server address cannot be used, or undefined. */
export function urlProblem(url: string): string | undefined {
  const address = url.trim();
  if (address === '') {
    return 'The address of the server is missing, for example http://127.0.0.1:9080';
  }
  return /^https?:\/\/[^/\s]+/.test(address) ? undefined : 'The address must start with http:// or https://';
}

/** Why a whole number between 1 and `max` is none, or undefined. Nothing at all stands for the default. */
export function boundProblem(value: number | undefined, max: number): string | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= max)) {
    return undefined;
  }
  return `A whole number from 1 to ${max.toLocaleString('en')}`;
}

/** Why the name of one of the parameters cannot be used, or undefined. */
export function nameProblem(parameters: Parameter[], index: number): string | undefined {
  const { name } = parameters[index];
  if (name === '') {
    return 'The parameter needs a name; until then it is not sent';
  }
  if (name.startsWith('__')) {
    return 'Names that begin with __ belong to the time range and the interval';
  }
  const isTaken = parameters.slice(0, index).some((other) => other.name === name);
  return isTaken ? `There is a parameter :${name} already` : undefined;
}

/** Why a value does not fit its type, or undefined. What holds a variable is known only when the panel runs. */
export function valueProblem({ type, value }: Parameter): string | undefined {
  const text = valueText(value).trim();
  if (type === 'string' || type === 'null' || text.includes('$') || text.includes('[[')) {
    return undefined;
  }
  const [fits, hint] = FORMS[type];
  return fits(text) ? undefined : `Expected ${hint}`;
}

/** What a value of a type looks like; shown in an empty field. */
export function valueExample(type: Parameter['type']): string {
  return type === 'null' ? 'no value' : type === 'string' ? 'text or ${variable}' : FORMS[type][2];
}

type Form = [fits: (text: string) => boolean, hint: string, example: string];

const pattern = (expression: RegExp) => (text: string) => expression.test(text);

const FORMS: Record<Exclude<(typeof PARAMETER_TYPES)[number], 'string' | 'null'>, Form> = {
  int: [pattern(/^[+-]?\d+$/), 'a whole number, for example 42', '42'],
  float: [(text) => text !== '' && !Number.isNaN(Number(text)), 'a number, for example 0.5', '0.5'],
  bool: [pattern(/^(true|false)$/i), 'true or false', 'true'],
  date: [pattern(/^\d{4}-\d{2}-\d{2}$/), 'a date, for example 2024-09-30', '2024-09-30'],
  datetime: [
    pattern(/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/),
    'a date and time without a zone, for example 2024-09-30T12:00:00',
    '2024-09-30T12:00:00',
  ],
  time: [pattern(/^\d{2}:\d{2}/), 'a time of day, for example 12:00:00', '12:00:00'],
  timestamp: [
    pattern(/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/),
    'an instant, for example 2024-09-30T12:00:00Z',
    '2024-09-30T12:00:00Z',
  ],
  array: [(text) => Array.isArray(parse(text)), 'a JSON list, for example ["a", "b"]', '["a", "b"] or ${variable}'],
  object: [isObjectText, 'a JSON object, for example {"a": 1}', '{"a": 1}'],
};

function isObjectText(text: string): boolean {
  const json = parse(text);
  return json !== null && typeof json === 'object' && !Array.isArray(json);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
