-- How long an API still wants to be left alone. This file is put before those that look at pauses.
-- A pause is kept with its length. One that lasts a second longer was begun before the server's clock was put back: it
-- is over.
local function paused(key)
  local left = redis.call('PTTL', key)
  if left > 0 and left > redis.call('GET', key) + 1000 then
    redis.call('DEL', key)
    return 0
  end
  return math.max(0, left)
end
