-- Note cases that exist in Zoho, whatever the ledger knew of their conversations, but for those that were forgotten. One
-- that was tried and is not done may have made its case and not the notes: it finds the case by itself, and completes it.
-- One that waits for later words knows its case. Of a conversation that is split by silences the latest part's counts.
-- KEYS  1 agenda, 2 working, 3 counts, 4 parked, then for each case: conversation:<id>, its finished bucket; the last:
--       forgotten
-- ARGV  for each case: conversation's id, what stays of it
-- returns how many were new
local new = 0

local function since(record) return tonumber(string.match(record, '@(%d+)$') or 0) end

for one = 0, #ARGV / 2 - 1 do
  local open, finished = KEYS[one * 2 + 5], KEYS[one * 2 + 6]
  local id, record = ARGV[one * 2 + 1], ARGV[one * 2 + 2]
  local state, tried, held = unpack(redis.call('HMGET', open, 'state', 'first_try', 'held'))
  local before = state or string.match(redis.call('HGET', finished, id) or '', '^%a+')
  local is_half_done = held or (tried and tried ~= '' and state ~= 'dismissed')
  local is_new = before ~= 'created' and not is_half_done
  if is_new and not redis.call('ZSCORE', KEYS[#KEYS], redis.sha1hex(id)) then
    redis.call('DEL', open)
    for _, place in ipairs({1, 2, 4}) do redis.call('ZREM', KEYS[place], id) end
    redis.call('HSET', finished, id, record)
    if before then redis.call('HINCRBY', KEYS[3], before, -1) end
    redis.call('HINCRBY', KEYS[3], 'created', 1)
    new = new + 1
  elseif before == 'created' and not state and since(record) > since(redis.call('HGET', finished, id)) then
    redis.call('HSET', finished, id, record)
  end
end
return new
