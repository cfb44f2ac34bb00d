export { natsBackplane } from './nats-backplane.ts'
export type {
  NatsClient,
  NatsConnection,
  NatsHeaders,
  NatsMessage,
  NatsServerInfo,
  NatsStatus,
  NatsSubscription,
} from './nats-client.ts'
export type { NatsBackplaneOptions, NatsRetention, NatsSessionRetention } from './options.ts'
