-- Give a conversation to an owner until the lease ends, and count the attempt.
-- KEYS  1 conversation:<id>, 2 its finished bucket, 3 agenda, 4 working, 5 counts, 6 ledger, 7 blocked,
--       8 paused, 9 aside
-- ARGV  1 id, 2 owner, 3 lease (milliseconds)
-- returns {what it was}, or where it is the owner's now {'claimed', bot, created_at, attempts, milliseconds since the
--         first, leases that ended without a word (0 unless one did just now), how much is blocked, name or ''}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local id, lease_ends = ARGV[1], now + ARGV[3]
if redis.call('HEXISTS', KEYS[6], 'epoch') == 0 then return {'closed'} end

local state = redis.call('HGET', KEYS[1], 'state')
if not state then
  local record = redis.call('HGET', KEYS[2], id)
  return {record and string.match(record, '^%a+') or 'unknown'}
end
if state == 'working' and tonumber(redis.call('ZSCORE', KEYS[4], id) or 0) > now then return {'working'} end
if state == 'parked' or state == 'dismissed' then return {state} end

if redis.call('EXISTS', KEYS[8]) == 1 then
  local bot = 'bot ' .. (redis.call('HGET', KEYS[1], 'bot') or '')
  if redis.call('HEXISTS', KEYS[8], 'all') + redis.call('HEXISTS', KEYS[8], bot) > 0 then
    redis.call('ZREM', KEYS[3], id)
    redis.call('ZADD', KEYS[9], now, id)
    return {'paused'}
  end
end

local lapses = state == 'working' and redis.call('HINCRBY', KEYS[1], 'lapses', 1) or 0
redis.call('HSET', KEYS[1], 'state', 'working', 'owner', ARGV[2])
redis.call('ZADD', KEYS[4], lease_ends, id)
redis.call('ZADD', KEYS[3], lease_ends, id)
redis.call('HINCRBY', KEYS[5], state, -1)
redis.call('HINCRBY', KEYS[5], 'working', 1)
local attempts = redis.call('HINCRBY', KEYS[1], 'attempts', 1)
if attempts == 1 then redis.call('HSET', KEYS[1], 'first_try', now) end
local bot, created_at, first_try, name = unpack(redis.call('HMGET', KEYS[1], 'bot', 'created_at', 'first_try', 'name'))
return {'claimed', bot, created_at, attempts, now - (first_try or now), lapses, redis.call('HLEN', KEYS[7]), name or ''}
