-- Take what waits of a bot that is paused out of the agenda, and keep it aside with the time of its next look.
-- KEYS  1 agenda, 2 aside, 3 paused, then conversation:<id> for each
-- ARGV  the ids, then `bot <id>`
-- returns how many were moved
local what, moved = ARGV[#ARGV], 0
if redis.call('HEXISTS', KEYS[3], what) == 0 then return 0 end
for one = 1, #ARGV - 1 do
  local id = ARGV[one]
  local state, bot = unpack(redis.call('HMGET', KEYS[one + 3], 'state', 'bot'))
  local next_look = redis.call('ZSCORE', KEYS[1], id)
  if next_look and state == 'waiting' and 'bot ' .. bot == what then
    redis.call('ZREM', KEYS[1], id)
    redis.call('ZADD', KEYS[2], next_look, id)
    moved = moved + 1
  end
end
return moved
