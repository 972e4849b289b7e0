-- Take what is due from the agenda, and look again later should the message about it be lost.
-- KEYS  1 agenda
-- ARGV  1 at most, 2 milliseconds until the message counts as lost
-- returns the ids
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], now + ARGV[2], id) end
return ids
