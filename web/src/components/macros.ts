/** The macros that the back end expands, as they are called. */
export const MACROS = [
  { call: '$__timeFilter(t)', meaning: 't lies in the time range of the dashboard; t is a timestamp' },
  { call: '$__timeFrom', meaning: 'the start of the time range, a timestamp' },
  { call: '$__timeTo', meaning: 'the end of the time range, a timestamp' },
  { call: "$__timeGroup(t, '5m')", meaning: 'the start of the interval that t lies in; $__interval can stand for 5m' },
  { call: '$__interval', meaning: 'the width of one point of the panel, an interval' },
  { call: '$__interval_ms', meaning: 'the same in milliseconds, an integer' },
];
