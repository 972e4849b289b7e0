-- A person decides about a parked conversation: it waits again with all its attempts before it, or is dismissed, and why
-- it was parked stays known. That it was tried stays known too (adopt.lua); the next claim counts anew from its own time.
-- One that has its case goes back to it.
-- KEYS  1 conversation:<id>, 2 its finished bucket, 3 agenda, 4 counts, 5 parked, 6 counters, 7 hours
-- ARGV  1 id, 2 new state: 'waiting' or 'dismissed'
-- returns 1 where it was parked
local time = redis.call('TIME')
local state, held = unpack(redis.call('HMGET', KEYS[1], 'state', 'held'))
if state ~= 'parked' then return 0 end
local new = ARGV[2]
redis.call('ZREM', KEYS[5], ARGV[1])
if new == 'waiting' then
  redis.call('HSET', KEYS[1], 'state', new, 'due', time[1] * 1000)
  redis.call('HDEL', KEYS[1], 'reason', 'attempts', 'lapses')
  redis.call('ZADD', KEYS[3], time[1] * 1000, ARGV[1])
elseif held then
  new = 'created'
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[2], ARGV[1], 'created ' .. held)
else
  redis.call('HSET', KEYS[1], 'state', new)
  -- A customer's address may stand in it.
  redis.call('HDEL', KEYS[1], 'name')
  count(KEYS[6], KEYS[7], new, 1)
end
redis.call('HINCRBY', KEYS[4], 'parked', -1)
redis.call('HINCRBY', KEYS[4], new, 1)
return 1
