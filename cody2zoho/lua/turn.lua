-- Take a slot for one call to Zoho, unless all are taken or Zoho asked for a pause.
-- KEYS  1 limit:zoho, 2 pause:zoho
-- ARGV  1 the slot's name, 2 how many there are, 3 lease (milliseconds)
-- returns {'taken' or 'crowded', how many slots have run out}, or {'paused', milliseconds left}
local pause = paused(KEYS[2])
if pause > 0 then return {'paused', pause} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local over = redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
-- No lease ends later than a new one: the server's clock was put back.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. now + ARGV[3], '+inf')
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return {'crowded', over} end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
return {'taken', over}
