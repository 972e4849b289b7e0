-- Put off the end of a lease, for its owner.
-- KEYS  1 conversation:<id>, 2 agenda, 3 working
-- ARGV  1 id, 2 owner, 3 lease (milliseconds)
-- returns 1 where it is still the owner's
local time = redis.call('TIME')
local lease_ends = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]
local state, owner = unpack(redis.call('HMGET', KEYS[1], 'state', 'owner'))
if state ~= 'working' or owner ~= ARGV[2] then return 0 end
redis.call('ZADD', KEYS[2], lease_ends, ARGV[1])
redis.call('ZADD', KEYS[3], lease_ends, ARGV[1])
return 1
