/** Strings, quoted names and comments: nothing inside them is a name. */
const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\//g;
/** `:name`, but neither `x::int` nor the colon of an object or slice. */
const PARAMETER = /(?<![\w:\])?]):([A-Za-z_]\w*)/g;
/** `$name` and `${name}`; names that begin with two underscores are macros. */
const VARIABLE = /\$(?:(?!__)(\w+)|\{(?!__)([^{}]+)\})/g;

/** The names written `:name` in the SQL, each once; those of the time range are left out. */
export function parameterNames(sql: string): string[] {
  const names = [...bare(sql).matchAll(PARAMETER)].map((match) => match[1]);
  return unique(names.filter((name) => !name.startsWith('__')));
}

/** The dashboard variables written into the SQL, where they are not replaced. */
export function variableNames(sql: string): string[] {
  return unique([...bare(sql).matchAll(VARIABLE)].map((match) => match[1] ?? match[2].split(':')[0]));
}

function bare(sql: string): string {
  // A question mark keeps the place: what follows a string, as in {'a':b}, is no parameter.
  return sql.replace(QUOTED, '?');
}

function unique(names: string[]): string[] {
  return [...new Set(names)];
}
