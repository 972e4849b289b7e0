-- Note the case of one part of a conversation while others are still to be made; only its owner may. It goes on: the time
-- for which it is tried, and the leases that ended without a word, are counted anew.
-- KEYS  1 conversation:<id>, 2 counters, 3 hours, 4 the latest cases
-- ARGV  1 owner, 2 what the case holds, 3 id
-- returns 1 where it is still the owner's
local time = redis.call('TIME')
local state, owner, held = unpack(redis.call('HMGET', KEYS[1], 'state', 'owner', 'held'))
if state ~= 'working' or owner ~= ARGV[1] then return 0 end
-- Sent once more because its answer was lost on its way (store.py): it is noted and counted already.
if held == ARGV[2] then return 1 end
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'held', ARGV[2], 'first_try', now, 'lapses', 0)
count(KEYS[2], KEYS[3], 'created', 1)
redis.call('LPUSH', KEYS[4], now .. ' ' .. ARGV[3] .. ' ' .. string.match(ARGV[2], '^%S*') .. ' ' .. ARGV[1])
redis.call('LTRIM', KEYS[4], 0, 99)
return 1
