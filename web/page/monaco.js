// The code editor with the one language that is shown here; @grafana/ui would bring all eighty.
import 'monaco-editor/esm/vs/basic-languages/sql/sql.contribution';

export * from 'monaco-editor/esm/vs/editor/edcore.main';
