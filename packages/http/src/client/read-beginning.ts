/** Bytes of an answer that an error quotes. */
const maxBytes = 300

/** Resolves with the beginning of an answer's body as text, and cancels the rest. */
export async function readBeginning({ body }: Response): Promise<string> {
  const reader = body?.getReader()
  const { value } = (await reader?.read().catch(() => null)) ?? {}
  void reader?.cancel().catch(() => {})
  return new TextDecoder().decode(value?.subarray(0, maxBytes))
}
