-- Note the case of one part of a conversation while others are still to be made; only its owner may. It goes on: the time
-- for which it is tried, and the leases that ended without a word, are counted anew.
-- KEYS  1 conversation:<id>, 2 counters, 3 hours
-- ARGV  1 owner, 2 what the case holds
-- returns 1 where it is still the owner's
local time = redis.call('TIME')
local state, owner, held = unpack(redis.call('HMGET', KEYS[1], 'state', 'owner', 'held'))
if state ~= 'working' or owner ~= ARGV[1] then return 0 end
-- One whose answer was lost on its way is sent once more (store.py).
if held == ARGV[2] then return 1 end
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'held', ARGV[2], 'first_try', now, 'lapses', 0)
count(KEYS[2], KEYS[3], 'created', 1)
return 1
