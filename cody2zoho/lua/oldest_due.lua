-- Which conversation has been due to its case for longest, among the next so many of the agenda. Neither a fault nor a
-- limit of ours that lets it wait changes since when it is; where its clock was put back, the agenda knows better.
-- KEYS  1 agenda
-- ARGV  1 at most, 2 what a conversation's key begins with, 3 milliseconds of age
-- returns {milliseconds of the oldest's age, its id, how many are older than the age}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local longest, which, late = 0, '', 0
local looks = redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1, 'WITHSCORES')
for place = 1, #looks, 2 do
  local state, held, due = unpack(redis.call('HMGET', ARGV[2] .. looks[place], 'state', 'held', 'due'))
  if state and not held then
    local next_look = tonumber(looks[place + 1])
    local age = now - math.min(tonumber(due or next_look), next_look)
    if age > longest then longest, which = age, looks[place] end
    if age > tonumber(ARGV[3]) then late = late + 1 end
  end
end
return {math.floor(longest), which, late}
