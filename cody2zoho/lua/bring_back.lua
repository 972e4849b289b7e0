-- Put what is paused no more back into the agenda, due from now on, and forget what needs no look any more.
-- KEYS  1 agenda, 2 aside, 3 paused, then conversation:<id> for each
-- ARGV  the ids
-- returns how many came back
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all, back = redis.call('HEXISTS', KEYS[3], 'all'), 0
for one, id in ipairs(ARGV) do
  local state, bot = unpack(redis.call('HMGET', KEYS[one + 3], 'state', 'bot'))
  local next_look = redis.call('ZSCORE', KEYS[2], id)
  -- Finished, or parked, by a worker whose lease had ended when it was put aside.
  if not state or state == 'parked' or state == 'dismissed' then
    redis.call('ZREM', KEYS[2], id)
  elseif next_look and all == 0 and redis.call('HEXISTS', KEYS[3], 'bot ' .. bot) == 0 then
    redis.call('ZREM', KEYS[2], id)
    redis.call('ZADD', KEYS[1], 'NX', next_look, id)
    redis.call('HSET', KEYS[one + 3], 'due', math.max(now, next_look))
    back = back + 1
  end
end
return back
