import { readdirSync } from 'node:fs'

/** Names of the contenders: each file that ends with `.contender.mjs`. */
export const contenderNames = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.contender.mjs'))
  .map((file) => file.replace('.contender.mjs', ''))
  .sort()

/** Imports a contender by its name. */
export const importContender = (name) => import(`./${name}.contender.mjs`)
