/**
 * The part that scripts of presence share.
 *
 * Keys of a partition: state (hash: e epoch, r newest revision), leases (zset: incarnation → end), nodes (hash:
 * node → id of its incarnation and the time for which states are kept), places (zset: incarnation and room).
 * An incarnation is a node and an id. A lease that has run out is never renewed: the node gets a new
 * incarnation, so that no session comes back that has left.
 *
 * Keys of a room: members (hash: e epoch of the partition, r revision, s<session> → generation, node, id of the
 * incarnation, user and state on a line each, n<incarnation> → number of its sessions), departed (hash: session →
 * end, state; ! → time of the next removal of old ones).
 */
export const openPartition: string = `
local state, leases, nodes, places = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local now, fresh, ttl = clock(ARGV[1]), ARGV[2], ARGV[3]

-- A partition that is lost has a new epoch. What rooms still have of the former is not looked at.
local function epochOf()
  local epoch = redis.call('HGET', state, 'e')
  if not epoch then
    epoch = fresh
    redis.call('HSET', state, 'e', epoch, 'r', 0)
  end
  redis.call('PEXPIRE', state, ttl)
  return epoch
end

-- Keeps the leases at least as long as the rooms: a session whose lease is not known would stay for ever.
local function settle()
  redis.call('PEXPIRE', leases, ttl)
  redis.call('PEXPIRE', nodes, ttl)
  redis.call('PEXPIRE', places, ttl)
end

local function holds(incarnation)
  local last = redis.call('ZSCORE', leases, incarnation)
  return last and tonumber(last) > now
end

-- Renews the lease of a node, or gives it one, and returns its incarnation.
local function renew(node, time, keep)
  local own = redis.call('HGET', nodes, node)
  local id = own and string.match(own, '^([^\\n]*)')
  if not id or not holds(node .. '\\n' .. id) then id = fresh end
  redis.call('HSET', nodes, node, id .. '\\n' .. keep)
  redis.call('ZADD', leases, now + time, node .. '\\n' .. id)
  return node .. '\\n' .. id
end

-- The rooms of an incarnation.
local function roomsOf(incarnation, limit)
  return redis.call('ZRANGEBYLEX', places, '[' .. incarnation .. '\\n', '(' .. incarnation .. '\\n\\255', 'LIMIT', 0, limit)
end

-- Forgets an incarnation whose lease has run out, once no room has sessions of it.
local function forget(incarnation)
  if #roomsOf(incarnation, 1) > 0 then return end
  redis.call('ZREM', leases, incarnation)
  local node, id = string.match(incarnation, '^([^\\n]*)\\n(.*)$')
  local own = redis.call('HGET', nodes, node)
  if own and string.match(own, '^([^\\n]*)') == id then redis.call('HDEL', nodes, node) end
end
`

/** The part that scripts of a room share, behind {@link openPartition}. */
export const openRoom: string = `
local members, departed, room, channel, publish = KEYS[5], KEYS[6], ARGV[4], ARGV[5], ARGV[6]
local epoch = epochOf()
local former = redis.call('HGET', members, 'e')
if former and former ~= epoch then redis.call('DEL', members) end

local function revision()
  return tonumber(redis.call('HGET', members, 'r') or redis.call('HGET', state, 'r'))
end

local function parse(record)
  local generation, node, id, user, text = string.match(record, '^(%d+)\\n([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n(.*)$')
  return tonumber(generation), node .. '\\n' .. id, text
end

local function remove(session, incarnation)
  redis.call('HDEL', members, 's' .. session)
  if redis.call('HINCRBY', members, 'n' .. incarnation, -1) > 0 then return end
  redis.call('HDEL', members, 'n' .. incarnation)
  redis.call('ZREM', places, incarnation .. '\\n' .. room)
end

local function put(session, incarnation, record)
  redis.call('HSET', members, 's' .. session, record)
  if redis.call('HINCRBY', members, 'n' .. incarnation, 1) > 1 then return end
  redis.call('ZADD', places, 0, incarnation .. '\\n' .. room)
end

-- Remembers the state of a session that has left. Old states are removed in lots.
local function remember(session, text, time)
  if time <= now then return end
  redis.call('HSET', departed, session, time .. '\\n' .. text)
  if redis.call('PTTL', departed) < time - now then redis.call('PEXPIREAT', departed, time) end
  if redis.call('HLEN', departed) < 64 or now < tonumber(redis.call('HGET', departed, '!') or 0) then return end
  local all = redis.call('HGETALL', departed)
  for k = 1, #all, 2 do
    local last = string.match(all[k + 1], '^(%d+)\\n')
    if last and tonumber(last) <= now then redis.call('HDEL', departed, all[k]) end
  end
  redis.call('HSET', departed, '!', now + (time - now) / 2)
end

local function recall(session)
  local value = redis.call('HGET', departed, session)
  local last, text = string.match(value or '', '^(%d+)\\n(.*)$')
  return last and tonumber(last) > now and text or 'null'
end

-- Counts a revision, and notifies. A room without members takes no memory: it has the newest revision of all.
local function commit(changes)
  if #changes == 0 then return end
  local before = revision()
  local after = redis.call('HINCRBY', state, 'r', 1)
  redis.call('HDEL', members, 'e', 'r')
  if redis.call('EXISTS', members) == 1 then redis.call('HSET', members, 'e', epoch, 'r', after) end
  redis.call(publish, channel, 'p' .. epoch .. '\\n' .. before .. '\\n' .. after .. '\\n' .. table.concat(changes, '\\n'))
end

-- Removes the sessions of nodes whose lease has run out. Mostly there is no such node.
local function clean()
  local ended = redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'WITHSCORES')
  local dead, any = {}, false
  for k = 1, #ended, 2 do
    if redis.call('HEXISTS', members, 'n' .. ended[k]) == 1 then
      local node = string.match(ended[k], '^([^\\n]*)')
      local own = redis.call('HGET', nodes, node)
      local keep = own and tonumber(string.match(own, '\\n(%d+)')) or 0
      dead[ended[k]], any = tonumber(ended[k + 1]) + keep, true
    end
  end
  if any then
    local changes, all = {}, redis.call('HGETALL', members)
    for k = 1, #all, 2 do
      if string.sub(all[k], 1, 1) == 's' then
        local session = string.sub(all[k], 2)
        local _, incarnation, text = parse(all[k + 1])
        if dead[incarnation] then
          remove(session, incarnation)
          remember(session, text, dead[incarnation])
          changes[#changes + 1] = session .. '\\n'
        end
      end
    end
    commit(changes)
  end
  for k = 1, #ended, 2 do forget(ended[k]) end
end
clean()
`
