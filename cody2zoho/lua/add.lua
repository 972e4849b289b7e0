-- Note conversations never seen before as waiting.
-- KEYS  1 agenda, 2 counts, then for each conversation: conversation:<id>, its finished bucket
-- ARGV  for each conversation: id, bot, created_at (seconds), milliseconds until its first look
-- returns the ids that were new
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local new = {}
for one = 0, #ARGV / 4 - 1 do
  local open, finished = KEYS[one * 2 + 3], KEYS[one * 2 + 4]
  local id, bot, created_at, wait = unpack(ARGV, one * 4 + 1, one * 4 + 4)
  if redis.call('EXISTS', open) == 0 and redis.call('HEXISTS', finished, id) == 0 then
    redis.call('HSET', open, 'state', 'waiting', 'bot', bot, 'created_at', created_at, 'seen', now)
    redis.call('ZADD', KEYS[1], now + wait, id)
    redis.call('HINCRBY', KEYS[2], 'waiting', 1)
    new[#new + 1] = id
  end
end
return new
