import { Input } from '@grafana/ui';
import { type ComponentProps, type KeyboardEvent, useEffect, useState } from 'react';

type Props = Omit<ComponentProps<typeof Input>, 'value' | 'onChange' | 'onBlur' | 'onKeyDown'> & {
  value: string;
  /** Called with the new text when the field is left or Enter is pressed, and only if it is another text. */
  onCommit: (text: string) => void;
};

/** A text field that does not run the panel on every key stroke. */
export function DraftInput({ value, onCommit, ...props }: Props) {
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  const commit = () => {
    if (draft !== value) {
      onCommit(draft);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') {
      commit();
    }
  };
  return (
    <Input
      {...props}
      value={draft}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={onKeyDown}
    />
  );
}
