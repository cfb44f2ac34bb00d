/** A value that follows callbacks and promises, as the platform's `AsyncLocalStorage` does it. */
interface AsyncContext<T> {
  run<R>(store: T, callback: () => R): R
  getStore(): T | undefined
}

interface AsyncHooks {
  readonly AsyncLocalStorage: {
    new <T>(): AsyncContext<T>
    /** Returns the same function, bound to the contexts of the moment. */
    bind<F>(callback: F): F
  }
}

interface Platform {
  readonly process?: { getBuiltinModule?(name: string): AsyncHooks | undefined }
}

/**
 * The module `node:async_hooks` of Node, Bun and Deno; `null` in pages. It is not imported, because this
 * package loads in pages too.
 */
export const asyncHooks: AsyncHooks | null =
  (globalThis as unknown as Platform).process?.getBuiltinModule?.('node:async_hooks') ?? null
