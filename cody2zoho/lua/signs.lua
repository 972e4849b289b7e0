-- Note that these are well now, on the clock of this server. Who has not been seen for an hour is dropped.
-- KEYS  1 signs, 2 signs:workers
-- ARGV  1 a worker's name ('' = none), then what else is well …
-- returns how many were dropped
local now = tonumber(redis.call('TIME')[1])
if ARGV[1] ~= '' then redis.call('ZADD', KEYS[2], now, ARGV[1]) end
local gone = redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 3600)
for place = 2, #ARGV do redis.call('HSET', KEYS[1], ARGV[place], now) end
return gone
