import { Batch, type Connection, Frame, type Sink } from '@chat/core/transport'

/** Faulty methods that replace those of a connection, and those of its sink. */
export interface Fault {
  /** Replacements for methods and properties of the connection. */
  readonly connection?: (real: Connection) => Partial<Connection>
  /** Replacements for methods of the sink. */
  readonly sink?: (real: Sink, connection: Connection) => Partial<Sink>
}

/** A connection with a fault. */
export function faulty(real: Connection, fault: Fault): Connection {
  const own = fault.connection?.(real) ?? {}
  const attach = (sink: Sink): void => {
    const told: Sink = {
      receive: (transmission) => sink.receive(transmission),
      drain: () => sink.drain(),
      closed: (code, reason) => sink.closed(code, reason),
    }
    real.attach(Object.assign(told, fault.sink?.(sink, real)))
  }
  return new Proxy(real, {
    get(_target, name) {
      if (name === 'attach') return own.attach ?? attach
      const value: unknown = Reflect.get(name in own ? own : real, name, name in own ? own : real)
      return typeof value === 'function' ? value.bind(name in own ? own : real) : value
    },
  })
}

export const batchOf = (text: string): Batch => Batch.root().append(new Frame(text))
