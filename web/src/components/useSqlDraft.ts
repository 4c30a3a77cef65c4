import { useCallback, useEffect, useRef } from 'react';

/**
 * Keeps what is typed in a code editor until it is to be saved. `take` answers the newest text, `keep` stores it; text
 * saved from elsewhere (another query of the history, a restored version) replaces it.
 */
export function useSqlDraft(saved: string) {
  const draft = useRef(saved);
  useEffect(() => {
    draft.current = saved;
  }, [saved]);
  const keep = useCallback((sql: string) => {
    draft.current = sql;
  }, []);
  const take = useCallback(() => draft.current, []);
  return { keep, take };
}
