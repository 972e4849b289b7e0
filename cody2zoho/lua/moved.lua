-- Cody's feed told of messages: their conversations are looked at when they may be over. One that has its case waits
-- again, with what the case held.
-- KEYS  1 agenda, 2 counts, then for each message: conversation:<id>, its finished bucket
-- ARGV  1 1 where conversations that have their case are looked at again, 2 milliseconds that a conversation may go on
--       before it is looked at all the same, then for each message: conversation's id, said_at (seconds), milliseconds
--       until the next look
-- returns how many conversations have moved
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local moved = 0

-- Whether it has its case, and somebody spoke since; then it is open from now on. Of one that only the earlier product
-- knows nobody can tell which case that is.
local function opened(id, said_at, open, finished)
  local record = redis.call('HGET', finished, id) or ''
  local held_to = tonumber(string.match(record, '^created %S+ %d+ %S+ (%d+)') or 0)
  if ARGV[1] ~= '1' or not string.match(record, '^created %S') or said_at < held_to then return false end
  redis.call('HDEL', finished, id)
  redis.call('HSET', open, 'state', 'waiting', 'bot', '', 'created_at', 0, 'seen', now, 'held', string.sub(record, 9))
  redis.call('HINCRBY', KEYS[2], 'created', -1)
  redis.call('HINCRBY', KEYS[2], 'waiting', 1)
  return true
end

for one = 0, (#ARGV - 2) / 3 - 1 do
  local open, finished = KEYS[one * 2 + 3], KEYS[one * 2 + 4]
  local id, said_at, wait = ARGV[one * 3 + 3], tonumber(ARGV[one * 3 + 4]), ARGV[one * 3 + 5]
  if redis.call('EXISTS', open) == 1 or opened(id, said_at, open, finished) then
    local state, attempts, known, seen, goes_on =
      unpack(redis.call('HMGET', open, 'state', 'attempts', 'moved', 'seen', 'goes_on'))
    if said_at > tonumber(known or 0) then
      redis.call('HSET', open, 'moved', said_at)
      moved = moved + 1
      if state == 'waiting' then
        local look = math.min(now + wait, math.max(now, (goes_on or seen or now) + ARGV[2]))
        -- What waits for a fault to pass is not tried earlier.
        if tonumber(attempts or 0) > 0 then
          look = math.max(look, redis.call('ZSCORE', KEYS[1], id) or 0)
        else
          redis.call('HSET', open, 'due', look)
        end
        redis.call('ZADD', KEYS[1], look, id)
      end
    end
  elseif redis.call('HGET', finished, id) == 'empty' then
    redis.call('ZADD', KEYS[1], now + wait, id)
    moved = moved + 1
  end
end
return moved
