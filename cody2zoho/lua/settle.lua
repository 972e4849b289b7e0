-- Move a conversation out of work. Only its owner may; but a case that exists is a fact, whoever reports it.
-- KEYS  1 conversation:<id>, 2 agenda, 3 counts, 4 parked
-- ARGV  1 id, 2 owner, 3 new state, 4 next look in milliseconds from now ('' = never), then fields: name, value …
-- returns 1 where it moved
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local state, owner = unpack(redis.call('HMGET', KEYS[1], 'state', 'owner'))
if not state or state == ARGV[3] then return 0 end
local is_owner = state == 'working' and owner == ARGV[2]
if not is_owner and ARGV[3] ~= 'created' then return 0 end
redis.call('HDEL', KEYS[1], 'owner', 'lease_ends', 'reason')
if ARGV[3] == 'created' then redis.call('HDEL', KEYS[1], 'attempts') end
redis.call('HSET', KEYS[1], 'state', ARGV[3], unpack(ARGV, 5))
if ARGV[4] == '' then
  redis.call('ZREM', KEYS[2], ARGV[1])
else
  redis.call('ZADD', KEYS[2], now + ARGV[4], ARGV[1])
end
if ARGV[3] == 'parked' then redis.call('ZADD', KEYS[4], now, ARGV[1]) else redis.call('ZREM', KEYS[4], ARGV[1]) end
redis.call('HINCRBY', KEYS[3], state, -1)
redis.call('HINCRBY', KEYS[3], ARGV[3], 1)
return 1
