-- Give a conversation to an owner until the lease ends, and count the attempt.
-- KEYS  1 conversation:<id>, 2 its finished bucket, 3 agenda, 4 working, 5 counts, 6 ledger, 7 blocked, 8 forgotten,
--       9 paused, 10 aside
-- ARGV  1 id, 2 owner, 3 lease (milliseconds)
-- returns {what it was}, or where it is the owner's now {'claimed', bot, created_at, attempts, milliseconds since the
--         first, leases that ended without a word (0 unless one did just now), how much is blocked, seen, moved, held,
--         name, goes_on}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local id, lease_ends = ARGV[1], now + ARGV[3]
if redis.call('HEXISTS', KEYS[6], 'epoch') == 0 then return {'closed'} end

local state, owner = unpack(redis.call('HMGET', KEYS[1], 'state', 'owner'))
if not state then
  local record = redis.call('HGET', KEYS[2], id)
  if not record then
    if not redis.call('ZSCORE', KEYS[8], redis.sha1hex(id)) then return {'unknown'} end
    redis.call('ZREM', KEYS[3], id)
    return {'forgotten'}
  end
  state = string.match(record, '^%a+')
  -- One that has its case is open again only while the agenda wants another look.
  if state ~= 'created' or not redis.call('ZSCORE', KEYS[3], id) then return {state} end
  redis.call('HDEL', KEYS[2], id)
  redis.call('HSET', KEYS[1], 'bot', '', 'created_at', 0, 'seen', now, 'held', string.sub(record, 9))
end
-- A claim whose answer was lost on its way is sent once more (store.py); it has been given already.
local is_given = state == 'working' and owner == ARGV[2]
local ends = state == 'working' and not is_given and redis.call('ZSCORE', KEYS[4], id) or 0
if tonumber(ends) > now then return {'working'} end
if state == 'parked' or state == 'dismissed' then return {state} end

-- One that has its case is no new one.
if not is_given and state ~= 'created' and redis.call('EXISTS', KEYS[9]) == 1 then
  local bot = 'bot ' .. (redis.call('HGET', KEYS[1], 'bot') or '')
  if redis.call('HEXISTS', KEYS[9], 'all') + redis.call('HEXISTS', KEYS[9], bot) > 0 then
    redis.call('ZREM', KEYS[3], id)
    redis.call('ZADD', KEYS[10], now, id)
    return {'paused'}
  end
end

local lapses = state == 'working' and not is_given and redis.call('HINCRBY', KEYS[1], 'lapses', 1) or 0
redis.call('HSET', KEYS[1], 'state', 'working', 'owner', ARGV[2])
redis.call('ZADD', KEYS[4], lease_ends, id)
redis.call('ZADD', KEYS[3], lease_ends, id)
redis.call('HINCRBY', KEYS[5], state, -1)
redis.call('HINCRBY', KEYS[5], 'working', 1)
local attempts = redis.call('HINCRBY', KEYS[1], 'attempts', is_given and 0 or 1)
if attempts == 1 then redis.call('HSET', KEYS[1], 'first_try', now) end
local bot, created_at, first_try, seen, moved, held, name, goes_on =
  unpack(redis.call('HMGET', KEYS[1], 'bot', 'created_at', 'first_try', 'seen', 'moved', 'held', 'name', 'goes_on'))
local trying, blocked = now - (first_try or now), redis.call('HLEN', KEYS[7])
return {'claimed', bot, created_at, attempts, trying, lapses, blocked, seen, moved, held, name, goes_on}
