/** What is handed on through callbacks and promises, as the platform's `AsyncLocalStorage` does it. */
interface AsyncContext<T> {
  run<R>(store: T, callback: () => R): R
  getStore(): T | undefined
}

interface AsyncHooks {
  readonly AsyncLocalStorage: {
    new <T>(): AsyncContext<T>
    /** The same function, called in the contexts of now. */
    bind<F>(callback: F): F
  }
}

interface Platform {
  readonly process?: { getBuiltinModule?(name: string): AsyncHooks | undefined }
}

/** Node's module, which Bun and Deno have too; `null` in pages. Not imported: this package is loaded everywhere. */
export const asyncHooks: AsyncHooks | null =
  (globalThis as unknown as Platform).process?.getBuiltinModule?.('node:async_hooks') ?? null
