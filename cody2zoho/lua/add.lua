-- Note conversations never seen before as waiting.
-- KEYS  1 agenda, 2 counts, then for each conversation: conversation:<id>, its finished bucket; the last three:
--       forgotten, counters, hours
-- ARGV  for each conversation: id, bot, created_at (seconds), milliseconds until its first look, name ('' = it is not
--       kept)
-- returns the ids that were new
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local new = {}
for one = 0, #ARGV / 5 - 1 do
  local open, finished = KEYS[one * 2 + 3], KEYS[one * 2 + 4]
  local id, bot, created_at, wait, name = unpack(ARGV, one * 5 + 1, one * 5 + 5)
  local is_new = redis.call('EXISTS', open) == 0 and redis.call('HEXISTS', finished, id) == 0
  if is_new and not redis.call('ZSCORE', KEYS[#KEYS - 2], redis.sha1hex(id)) then
    redis.call('HSET', open, 'state', 'waiting', 'bot', bot, 'created_at', created_at, 'seen', now, 'due', now + wait)
    if name ~= '' then redis.call('HSET', open, 'name', name) end
    redis.call('ZADD', KEYS[1], now + wait, id)
    redis.call('HINCRBY', KEYS[2], 'waiting', 1)
    new[#new + 1] = id
  end
end
if #new > 0 then count(KEYS[#KEYS - 1], KEYS[#KEYS], 'seen', #new) end
return new
