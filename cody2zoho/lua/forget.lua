-- Take away all that is known of a conversation, and bar it for good: what stays is a digest of its id.
-- KEYS  1 conversation:<id>, 2 its finished bucket, 3 agenda, 4 working, 5 counts, 6 parked, 7 forgotten, 8 aside,
--       9 the latest cases
-- ARGV  1 id
-- returns 0, or where a worker has it the milliseconds until its lease ends: then nothing was done
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local id = ARGV[1]
local left = tonumber(redis.call('ZSCORE', KEYS[4], id) or 0) - now
if left > 0 then return left end

local before = redis.call('HGET', KEYS[1], 'state') or string.match(redis.call('HGET', KEYS[2], id) or '', '^%a+')
redis.call('DEL', KEYS[1])
redis.call('HDEL', KEYS[2], id)
for _, place in ipairs({3, 4, 6, 8}) do redis.call('ZREM', KEYS[place], id) end
for _, entry in ipairs(redis.call('LRANGE', KEYS[9], 0, -1)) do
  if string.match(entry, ' (%S+)') == id then redis.call('LREM', KEYS[9], 0, entry) end
end
if before then redis.call('HINCRBY', KEYS[5], before, -1) end
if redis.call('ZADD', KEYS[7], 'NX', now, redis.sha1hex(id)) == 1 then redis.call('HINCRBY', KEYS[5], 'forgotten', 1) end
return 0
