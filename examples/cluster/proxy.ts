import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A hub behind the proxy. */
export interface Upstream {
  readonly name: string
  readonly port: number
}

/**
 * Writes the configuration of nginx into a folder, and returns the arguments of nginx.
 *
 * A new client goes to any hub that answers. A POST over HTTP goes to the hub that has the client's stream: the
 * header `Chat-Connection` starts with its name. nginx keeps no list of failed hubs (`max_fails=0`): while one restarts,
 * each new client is led to the other at once.
 */
export function nginxArguments(folder: string, port: number, hubs: readonly Upstream[]): string[] {
  const upstreams = hubs.map(
    ({ name, port }) => `  upstream hub_${name} { server 127.0.0.1:${port} max_fails=0; }`,
  )
  const routes = hubs.map(({ name }) => `    ~^${name}- hub_${name};`)
  const servers = hubs.map(({ port }) => `    server 127.0.0.1:${port} max_fails=0;`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `  ${kind}_temp_path ${join(folder, kind)};`,
  )
  const file = join(folder, 'nginx.conf')
  writeFileSync(
    file,
    `worker_processes 1;
daemon off;
pid ${join(folder, 'nginx.pid')};
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
${temporary.join('\n')}
${upstreams.join('\n')}
  upstream hubs {
${servers.join('\n')}
  }
  map $http_chat_connection $hub {
${routes.join('\n')}
    default hubs;
  }
  map $http_upgrade $connection_header { default upgrade; '' ''; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://$hub;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_header;
      proxy_buffering off;
      proxy_read_timeout 1h;
      proxy_connect_timeout 1s;
      proxy_next_upstream error timeout http_502 http_503;
    }
  }
}
`,
  )
  return ['-p', folder, '-c', file]
}
