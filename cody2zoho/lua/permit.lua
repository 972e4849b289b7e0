-- A permit for one request to Cody, or the time until there may be one.
-- KEYS  1 limit:cody:reads, 2 limit:cody:polls, 3 limit:cody:told, 4 limit:cody:first, 5 pause:cody
-- ARGV  1 CODY_REQUESTS_PER_MINUTE, 0 = not set, 2 the permit's name, 3 'poll', 'start', 'on', 'back', or 'none' only to note,
--       4 who reads, 5 … 7 limit, remaining and age (milliseconds) of the latest headers, where there are any
-- returns 0 where it is granted, else milliseconds until then
if ARGV[5] then note(tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])) end
local kind = ARGV[3]
if kind == 'none' then return 0 end
local pause = paused(KEYS[5])
if pause > 0 then return pause end
local state = window()
local short = state.keep[kind] - state.left
if short >= 0 then
  if state.until_then then return state.until_then - now end
  return math.max(1, oldest(short + 1) + LENGTH - now)
end
-- Where it is scarce, one conversation after the other is read to its end: ten that share would all run out of time.
if kind == 'on' and state.left <= state.keep.start then
  local first = redis.call('GET', KEYS[4])
  -- One that stays for longer than that is of a clock that was put back.
  if first and first ~= ARGV[4] and redis.call('PTTL', KEYS[4]) <= 6000 then return 1000 end
  redis.call('SET', KEYS[4], ARGV[4], 'PX', 5000)
end
redis.call('ZADD', kind == 'poll' and KEYS[2] or KEYS[1], now, ARGV[2])
redis.call('PEXPIRE', kind == 'poll' and KEYS[2] or KEYS[1], LENGTH)
if state.ends > now then redis.call('HINCRBY', KEYS[3], 'used', 1) end
return 0
