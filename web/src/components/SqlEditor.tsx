import { css } from '@emotion/css';
import {
  CodeEditor,
  type CodeEditorSuggestionItem,
  CodeEditorSuggestionItemKind,
  type Monaco,
  type MonacoEditor,
} from '@grafana/ui';
import { useEffect, useRef } from 'react';

import { MACROS } from './macros';

interface Props {
  sql: string;
  /** Names that completion offers after a colon. */
  parameterNames: string[];
  /** The text as it is being typed; to be kept, not to be run. */
  onDraft: (sql: string) => void;
  /** The user left the editor or pressed Ctrl+S. */
  onCommit: () => void;
  /** The user pressed Ctrl+Enter. */
  onRun: () => void;
}

const styles = {
  // Drawn by the browser: drag the lower right corner for a longer query.
  frame: css({ height: 180, minHeight: 80, resize: 'vertical', overflow: 'hidden', width: '100%' }),
  editor: css({ height: '100%' }),
};

/** The code editor for SQL. */
export function SqlEditor({ sql, parameterNames, onDraft, onCommit, onRun }: Props) {
  // Monaco keeps what it is given when it mounts, so it is given the way to the newest.
  const latest = useRef({ parameterNames, onDraft, onRun });
  useEffect(() => {
    latest.current = { parameterNames, onDraft, onRun };
  });
  const onMount = (editor: MonacoEditor, monaco: Monaco) => {
    editor.addAction({
      id: 'run-query',
      label: 'Run query',
      keybindings: [monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter],
      run: () => latest.current.onRun(),
    });
  };
  return (
    <div className={styles.frame}>
      <CodeEditor
        language="sql"
        value={sql}
        width="100%"
        height="100%"
        containerStyles={styles.editor}
        showLineNumbers
        showMiniMap={false}
        wordWrap
        monacoOptions={{ ariaLabel: 'SQL', scrollBeyondLastLine: false }}
        getSuggestions={() => suggestions(latest.current.parameterNames)}
        onChange={(text) => latest.current.onDraft(text)}
        onBlur={onCommit}
        onSave={onCommit}
        onEditorDidMount={onMount}
      />
    </div>
  );
}

function suggestions(parameterNames: string[]): CodeEditorSuggestionItem[] {
  const macros = MACROS.map(({ call, meaning }) => ({
    label: call,
    kind: CodeEditorSuggestionItemKind.Method,
    detail: meaning,
  }));
  const parameters = parameterNames.map((name) => ({
    label: `:${name}`,
    kind: CodeEditorSuggestionItemKind.Constant,
    detail: 'Parameter',
  }));
  return [...macros, ...parameters];
}
