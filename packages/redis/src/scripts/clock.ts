/**
 * The clock of the scripts, in milliseconds since 1970: the server's, or the node's where the server refuses
 * `TIME` to scripts. A number below 1e14 is joined to a text without an exponent.
 */
export const clock: string = `
local function clock(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`
