-- Give a conversation to an owner until the lease ends, and count the attempt.
-- KEYS  1 conversation:<id>, 2 agenda, 3 counts
-- ARGV  1 id, 2 owner, 3 lease (milliseconds)
-- returns {what it was, attempts, bot, created_at}; it is the owner's where the first is 'claimed'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local state, lease_ends = unpack(redis.call('HMGET', KEYS[1], 'state', 'lease_ends'))
if not state then return {'unknown'} end
if state == 'working' and tonumber(lease_ends) > now then return {'working'} end
-- An empty conversation may be looked at again when a person asks for it.
if state ~= 'waiting' and state ~= 'working' and state ~= 'empty' then return {state} end
redis.call('HSET', KEYS[1], 'state', 'working', 'owner', ARGV[2], 'lease_ends', now + ARGV[3])
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])
redis.call('HINCRBY', KEYS[3], state, -1)
redis.call('HINCRBY', KEYS[3], 'working', 1)
local attempts = redis.call('HINCRBY', KEYS[1], 'attempts', 1)
local bot, created_at = unpack(redis.call('HMGET', KEYS[1], 'bot', 'created_at'))
return {'claimed', tostring(attempts), bot, created_at}
