/** A status and the first words of an answer, as harmless text. What is behind them is not read. */
export async function firstWords({ status, body }: Response): Promise<string> {
  const reader = body?.getReader()
  const { value } = (await reader?.read().catch(() => null)) ?? {}
  void reader?.cancel().catch(() => {})
  const text = new TextDecoder().decode(value?.subarray(0, 300))
  const words = text.replace(/[^\P{C}\n]|\n/gu, ' ').trim()
  return words === '' ? String(status) : `${status}: ${words}`
}
