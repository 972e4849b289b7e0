-- A person decides about a parked conversation: it waits again with all its attempts before it, or is dismissed.
-- KEYS  1 conversation:<id>, 2 its finished bucket, 3 agenda, 4 counts, 5 parked
-- ARGV  1 id, 2 new state: 'waiting' or 'dismissed'
-- returns 1 where it was parked
local time = redis.call('TIME')
if redis.call('HGET', KEYS[1], 'state') ~= 'parked' then return 0 end
redis.call('ZREM', KEYS[5], ARGV[1])
if ARGV[2] == 'waiting' then
  redis.call('HSET', KEYS[1], 'state', 'waiting')
  redis.call('HDEL', KEYS[1], 'reason', 'attempts', 'first_try')
  redis.call('ZADD', KEYS[3], time[1] * 1000, ARGV[1])
else
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
end
redis.call('HINCRBY', KEYS[4], 'parked', -1)
redis.call('HINCRBY', KEYS[4], ARGV[2], 1)
return 1
