/** What hubs, pages and the traffic say to each other. */
export interface ClusterChat {
  events: {
    /** A line of the chat. */
    say: { text: string }
    /** A message of the traffic: the number of its sender's messages so far. */
    tick: number
    /** The state of the cluster, sent to everyone as a cast. */
    cluster: ClusterState
  }
  calls: {
    /** Answers the name of the node that the client is connected to. */
    node: { input: null; output: string }
    /** Restarts the hubs, one after the other. Answers when the restart has begun. */
    restart: { input: null; output: boolean }
  }
}

/** The state of the cluster, as the page shows it. */
export interface ClusterState {
  readonly hubs: readonly HubState[]
  readonly traffic: Traffic
}

/** The state of a hub. */
export interface HubState {
  readonly name: string
  readonly status: 'starting' | 'running' | 'draining' | 'stopped'
  /** Number of restarts. */
  readonly restarts: number
  /** Number of clients that are connected to it. */
  readonly clients: number
}

/** Counts of the traffic since the start. */
export interface Traffic {
  readonly clients: number
  /** Messages that were sent, and that a log has acknowledged. */
  readonly sent: number
  readonly acknowledged: number
  /** Messages that the clients have received, of those that they had to receive. */
  readonly received: number
  readonly expected: number
  /** Messages that a client did not receive, received twice or out of order, and gaps that it was told. */
  readonly missing: number
  readonly twice: number
  readonly gaps: number
  /** Sends that were refused, or whose outcome is not known. */
  readonly failed: number
}
