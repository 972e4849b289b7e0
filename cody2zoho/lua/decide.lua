-- A person decides about a parked conversation: it waits again with all its attempts before it, or is dismissed, and why
-- it was parked stays known.
-- KEYS  1 conversation:<id>, 2 agenda, 3 counts, 4 parked
-- ARGV  1 id, 2 new state: 'waiting' or 'dismissed'
-- returns 1 where it was parked
local time = redis.call('TIME')
if redis.call('HGET', KEYS[1], 'state') ~= 'parked' then return 0 end
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('HSET', KEYS[1], 'state', ARGV[2])
if ARGV[2] == 'waiting' then
  redis.call('HDEL', KEYS[1], 'reason', 'attempts', 'first_try')
  redis.call('ZADD', KEYS[2], time[1] * 1000, ARGV[1])
else
  -- A customer's address may stand in it.
  redis.call('HDEL', KEYS[1], 'name')
end
redis.call('HINCRBY', KEYS[3], 'parked', -1)
redis.call('HINCRBY', KEYS[3], ARGV[2], 1)
return 1
