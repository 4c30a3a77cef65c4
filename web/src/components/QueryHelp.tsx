import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';

import { MACROS } from './macros';

/** What can be written in the SQL besides SQL. */
export function QueryHelp() {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles}>
      <h6>Macros</h6>
      <table>
        <tbody>
          {MACROS.map(({ call, meaning }) => (
            <tr key={call}>
              <td>
                <code>{call}</code>
              </td>
              <td>{meaning}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h6>Dashboard variables</h6>
      <p>
        Variables are never written into the SQL: they are values of parameters. Add a parameter, give it the value{' '}
        <code>{'${hashtag}'}</code> and write <code>:hashtag</code> in the SQL. For a variable with several selected values
        choose the type array and write <code>x IN (:hashtags)</code>.
      </p>
      <h6>Formats</h6>
      <p>
        Table shows rows as they are. Time series needs a timestamp column and number columns; text columns name the
        series, as in <code>SELECT $__timeGroup(t, $__interval) AS time, lang, count(*) AS tweets … GROUP BY time, lang</code>
        .
      </p>
      <h6>Keys</h6>
      <p>Ctrl+Enter (or Cmd+Enter) runs the query. Leaving the editor runs it too, if the text has changed.</p>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) =>
  css({
    fontSize: theme.typography.bodySmall.fontSize,
    td: { padding: theme.spacing(0.25, 2, 0.25, 0), verticalAlign: 'top' },
    h6: { marginTop: theme.spacing(1) },
    p: { marginBottom: theme.spacing(0.5) },
  });
