const values: readonly unknown[] = [
  null,
  true,
  0,
  -1.5e300,
  1e21,
  5e-324,
  Number.MAX_SAFE_INTEGER,
  '',
  'é e\u0301 👋 \u2028\u2029 "\\ / </script>',
  '\u0000\u001f\u007f\u0085\ufeff',
  '%s %% $1 $$ {{}} \\u0041 \r\n\t',
  '\ud800',
  'before \udfff\ud83d after',
  [],
  {},
  [[[[[[]]]]]],
  { b: 1, a: 2, 10: 3, 9: 4 },
  { 'a.b': { '': 0, ' ': [] }, toString: [], é: '\u2028' },
]

/**
 * JSON texts that are easily changed on their way: by another encoder, by a path through UTF-16, by a format
 * with patterns. `JSON.stringify` writes a lone surrogate as an escape, and U+2028 as it is.
 */
export const oddTexts: readonly string[] = [
  ...values.map((value) => JSON.stringify(value)),
  '{"__proto__":{"x":1},"constructor":"x"}',
  '{"a":1,"a":2}',
  '[1.0,-0,1E2,"\\u00e9\\/"]',
]
