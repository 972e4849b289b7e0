-- Move a conversation out of work. Only its owner may; but a case that exists is a fact, whoever reports it, unless it is
-- known: then its owner knows better what it holds.
-- KEYS  1 conversation:<id>, 2 its finished bucket, 3 agenda, 4 working, 5 counts, 6 parked, 7 forgotten, 8 counters, 9 hours,
--       10 the latest cases
-- ARGV  1 id, 2 owner, 3 new state, 4 what stays of it where it is finished (else ''),
--       5 next look in milliseconds from now ('' = never), then of a finished one: 6 second of the newest message that is
--       known, 7 next look where the feed has told of a later one, and of a created one 8 whether it is another case
--       than it had (1 or 0); of one that is not finished: fields, name, value …; `due` is the next look
-- returns 1 where it moved
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local id, new, record = ARGV[1], ARGV[3], ARGV[4]
local state, owner, moved, held = unpack(redis.call('HMGET', KEYS[1], 'state', 'owner', 'moved', 'held'))
local is_owner = state == 'working' and owner == ARGV[2]
if not is_owner and (new ~= 'created' or held) then return 0 end

-- Not open: finished meanwhile, or Redis was lost while the case was being made.
local before = state or string.match(redis.call('HGET', KEYS[2], id) or '', '^%a+')
if before == new then
  -- Of a conversation that is split by silences a twin may have been first that knew of fewer parts.
  local function since(held) return tonumber(string.match(held, '@(%d+)$') or 0) end
  if state or new ~= 'created' then return 0 end
  local known = redis.call('HGET', KEYS[2], id)
  -- One whose answer was lost on its way is sent once more (store.py).
  for _, entry in ipairs(known == record and redis.call('LRANGE', KEYS[10], 0, -1) or {}) do
    if string.match(entry, '%S+$') == ARGV[2] then return 1 end
  end
  if since(record) <= since(known) then return 0 end
end
if not before and redis.call('ZSCORE', KEYS[7], redis.sha1hex(id)) then return 0 end
local next_look = ARGV[5]
if record ~= '' then
  if tonumber(moved or 0) > tonumber(ARGV[6]) then next_look = ARGV[7] end
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[2], id, record)
else
  redis.call('HDEL', KEYS[1], 'owner')
  for at = 6, #ARGV, 2 do if ARGV[at] == 'due' then ARGV[at + 1] = now + next_look end end
  redis.call('HSET', KEYS[1], 'state', new, unpack(ARGV, 6))
end
redis.call('ZREM', KEYS[4], id)
if next_look == '' then redis.call('ZREM', KEYS[3], id) else redis.call('ZADD', KEYS[3], now + next_look, id) end
if new == 'parked' then redis.call('ZADD', KEYS[6], now, id) else redis.call('ZREM', KEYS[6], id) end
if before then redis.call('HINCRBY', KEYS[5], before, -1) end
redis.call('HINCRBY', KEYS[5], new, 1)
if new ~= 'waiting' and (new ~= 'created' or ARGV[8] == '1') then count(KEYS[8], KEYS[9], new, 1) end
if new == 'created' and ARGV[8] == '1' then
  redis.call('LPUSH', KEYS[10], now .. ' ' .. id .. ' ' .. string.match(record, '^%a+ ?(%S*)') .. ' ' .. ARGV[2])
  redis.call('LTRIM', KEYS[10], 0, 99)
end
return 1
