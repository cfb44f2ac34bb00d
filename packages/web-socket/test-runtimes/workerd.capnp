using Workerd = import "/workerd/workerd.capnp";

# One Durable Object that everything goes to: sockets and timers of a hub must live as long as it does.
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.mjs")],
  compatibilityDate = "2026-06-01",
  durableObjectNamespaces = [(className = "Server", uniqueKey = "server", preventEviction = true)],
  durableObjectStorage = (inMemory = void),
  bindings = [(name = "server", durableObjectNamespace = "Server")],
);
