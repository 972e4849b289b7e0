-- Strike conversations off a backfill, count what became of them, and note its end.
-- KEYS  1 backfill, 2 backfill:todo, 3 backfill:taken:<place>, 4 … those of the other places
-- ARGV  1 the run, 2 the place's name in the run, 3 how many figures, then name and value of each, then the conversations
-- returns how many are left; -1 where that run is over: stopped, or Redis was lost
if redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then return -1 end
redis.call('HDEL', KEYS[1], ARGV[2])
local first = 4 + 2 * ARGV[3]
for at = 4, first - 1, 2 do redis.call('HINCRBY', KEYS[1], ARGV[at], ARGV[at + 1]) end
for at = first, #ARGV do redis.call('ZREM', KEYS[3], ARGV[at]) end
local left = 0
for at = 2, #KEYS do left = left + redis.call('ZCARD', KEYS[at]) end
if left == 0 then redis.call('HSETNX', KEYS[1], 'ended', redis.call('TIME')[1]) end
return left
