/**
 * The arguments after a name: the data, and the options. Data of a type that allows `undefined` may be left out;
 * it then travels as `null`.
 */
export type DataArguments<Data, Options> =
  | [data: Data, options?: Options | undefined]
  | (undefined extends Data ? [data?: undefined, options?: Options | undefined] : never)
