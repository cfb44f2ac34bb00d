import {
  Admission,
  type AdmissionOptions,
  type Admitted,
  connectRequest,
  type Refusal,
} from '@chat/core/transport'

export interface Asked {
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly boundTo?: string
  readonly context?: () => unknown
  readonly closing?: boolean
}

/** What becomes of a request; `null` when the path is not the hub's. */
export function ask(options: AdmissionOptions, asked: Asked): Admitted | Refusal | null {
  const { url = '/chat', headers = {}, boundTo, context = () => undefined, closing = false } = asked
  const admission = new Admission({ closing }, options)
  const place = admission.match(url)
  if (place === null) return null
  const request = connectRequest(Object.entries(headers), '192.0.2.7')
  return admission.examine({ place, request, boundTo: () => boundTo ?? null, context })
}

/** The status of a refusal, or 101. */
export function status(options: AdmissionOptions, asked: Asked): number | null {
  const outcome = ask(options, asked)
  if (outcome === null) return null
  return 'status' in outcome ? outcome.status : 101
}

/** The handshake of a request that must be let in. */
export function admitted(options: AdmissionOptions, asked: Asked): Admitted {
  const outcome = ask(options, asked)
  if (outcome === null || 'status' in outcome) throw new Error(`refused: ${outcome?.message ?? 'the path'}`)
  return outcome
}
