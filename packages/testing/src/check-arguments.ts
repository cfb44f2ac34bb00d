import { UsageError } from '@chat/core'
import { describe } from '@chat/core/transport'

/** Numbers that an argument may have: their description, which completes "must be …", and their test. */
interface Numbers {
  readonly expected: string
  readonly fits: (value: number) => boolean
}

/** Whole numbers from 0, such as a number of messages. */
export const counts: Numbers = {
  expected: 'a whole number from 0',
  fits: (value) => value >= 0 && value % 1 === 0,
}
/** Shares of 1. */
export const shares: Numbers = { expected: 'a share from 0 to 1', fits: (value) => value >= 0 && value <= 1 }
/** Rates and speeds. */
export const rates: Numbers = { expected: 'a number above 0', fits: (value) => value > 0 }
/** Numbers that are finite. */
export const finite: Numbers = { expected: 'a finite number', fits: Number.isFinite }

/** @throws UsageError when an argument of a fault, or of another method, is no such number. */
export function checkNumber(operation: string, name: string, value: unknown, numbers: Numbers): void {
  if (typeof value !== 'number' || !numbers.fits(value)) refuse(operation, name, numbers.expected, value)
}

/** @throws UsageError when an argument is no text. */
export function checkTextArgument(operation: string, name: string, value: unknown): void {
  if (typeof value !== 'string') refuse(operation, name, 'a text', value)
}

/** @throws UsageError when an argument is no function. */
export function checkFunctionArgument(operation: string, name: string, value: unknown): void {
  if (typeof value !== 'function') refuse(operation, name, 'a function', value)
}

/** @throws UsageError when an argument is none of a few texts. */
export function checkChoice(
  operation: string,
  name: string,
  value: string,
  choices: readonly string[],
): void {
  if (!choices.includes(value))
    refuse(operation, name, choices.map((choice) => `'${choice}'`).join(' or '), value)
}

function refuse(operation: string, name: string, expected: string, value: unknown): never {
  throw new UsageError(
    `unable to ${operation}: the argument '${name}' must be ${expected}, but is ${describe(value)}`,
  )
}
