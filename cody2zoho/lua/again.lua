-- Begin anew with a conversation, unless someone works on it, or it was forgotten, or it is not any more what the caller
-- thinks.
-- KEYS  1 conversation:<id>, 2 its finished bucket, 3 agenda, 4 working, 5 counts, 6 parked, 7 forgotten, 8 counters,
--       9 hours
-- ARGV  1 id, 2 bot, 3 created_at (seconds), 4 name ('' = it is not kept), 5 what it was: state and case, or '' for
--       unknown; left out = whatever
-- returns 1 where it waits now
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local id = ARGV[1]
if tonumber(redis.call('ZSCORE', KEYS[4], id) or 0) > now then return 0 end
if redis.call('ZSCORE', KEYS[7], redis.sha1hex(id)) then return 0 end
local was = redis.call('HGET', KEYS[1], 'state') or string.match(redis.call('HGET', KEYS[2], id) or '', '^%a+ ?%d*')
if ARGV[5] and ARGV[5] ~= (was or '') then return 0 end
if was then redis.call('HINCRBY', KEYS[5], string.match(was, '^%a+'), -1) end
redis.call('DEL', KEYS[1])
redis.call('HDEL', KEYS[2], id)
redis.call('ZREM', KEYS[4], id)
redis.call('ZREM', KEYS[6], id)
redis.call('HSET', KEYS[1], 'state', 'waiting', 'bot', ARGV[2], 'created_at', ARGV[3], 'seen', now, 'due', now)
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'name', ARGV[4]) end
redis.call('ZADD', KEYS[3], now, id)
redis.call('HINCRBY', KEYS[5], 'waiting', 1)
if not was then count(KEYS[8], KEYS[9], 'seen', 1) end
return 1
