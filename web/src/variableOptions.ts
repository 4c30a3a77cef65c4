import type { DataFrame, Field, MetricFindValue } from '@grafana/data';

/**
 * The options of a dashboard variable: from columns named `text` and `value` (or `__text`, `__value`), else from the
 * first text column, else from the first column. Each value once, in the answer's order; null is left out.
 */
export function variableOptions(frames: DataFrame[]): MetricFindValue[] {
  const options = new Map<string, MetricFindValue>();
  for (const { fields, length } of frames) {
    const named = (name: string) => fields.find((field) => field.name === name || field.name === `__${name}`);
    const value = named('value') ?? named('text') ?? fields.find(isText) ?? fields[0];
    const text = named('text') ?? value;
    for (let row = 0; value !== undefined && row < length; row++) {
      const cell = value.values[row];
      if (cell !== null && cell !== undefined && !options.has(String(cell))) {
        options.set(String(cell), { text: String(text.values[row] ?? cell), value: String(cell) });
      }
    }
  }
  return [...options.values()];
}

function isText(field: Field): boolean {
  // Grafana's enum FieldType exists only at run time inside Grafana; its values are plain text.
  return (field.type as string) === 'string';
}
