-- Note conversations never seen before as waiting, due at once.
-- KEYS  1 agenda, 2 counts, 3… conversation:<id>
-- ARGV  for each conversation: id, bot, created_at (seconds)
-- returns the ids that were new
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local new = {}
for i = 3, #KEYS do
  local at = (i - 3) * 3
  local id, bot, created_at = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  if redis.call('EXISTS', KEYS[i]) == 0 then
    redis.call('HSET', KEYS[i], 'state', 'waiting', 'bot', bot, 'created_at', created_at, 'seen', now)
    redis.call('ZADD', KEYS[1], now, id)
    redis.call('HINCRBY', KEYS[2], 'waiting', 1)
    new[#new + 1] = id
  end
end
return new
