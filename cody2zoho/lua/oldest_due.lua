-- Which conversation has been due to its case for longest, among the next so many of the agenda.
-- KEYS  1 agenda
-- ARGV  1 at most, 2 what a conversation's key begins with, 3 milliseconds of the quiet period, 4 milliseconds of age
-- returns {milliseconds of the oldest's age, its id, how many are older than the age}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local longest, which, late = 0, '', 0
local looks = redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1, 'WITHSCORES')
for place = 1, #looks, 2 do
  local facts = redis.call('HMGET', ARGV[2] .. looks[place], 'state', 'held', 'seen', 'attempts', 'first_try')
  local state, held, seen, attempts, first_try = unpack(facts)
  if state and not held then
    -- Never tried: due after the quiet period at the latest. Being tried: since the first time. Else by the agenda.
    local due = tonumber(looks[place + 1])
    if not attempts then due = tonumber(seen or now) + ARGV[3] elseif tonumber(attempts) > 0 and first_try then due = tonumber(first_try) end
    if now - due > longest then longest, which = now - due, looks[place] end
    if now - due > tonumber(ARGV[4]) then late = late + 1 end
  end
end
return {math.floor(longest), which, late}
