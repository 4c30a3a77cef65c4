import type { DataFrame, Field } from '@grafana/data';

/** A frame as a plain table. */
export function ResultTable({ frame }: { frame: DataFrame }) {
  const rows = Array.from({ length: frame.length }, (_, row) => row);
  return (
    <table aria-label="Result" border={1} cellPadding={4}>
      <thead>
        <tr>
          {frame.fields.map((field) => (
            <th key={field.name}>{field.name + labels(field)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row}>
            {frame.fields.map((field) => (
              <td key={field.name}>{cell(field, row)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function labels(field: Field): string {
  return !field.labels ? '' : ` ${JSON.stringify(field.labels)}`;
}

function cell(field: Field, row: number): string {
  const value = field.values[row];
  return field.type === 'time' && value !== null ? new Date(value).toISOString() : String(value);
}
