-- Adds to what is counted of conversations: of all time, and of this hour.
local function count(counters, hours, what, amount)
  redis.call('HINCRBY', counters, 'conversations_total|' .. what, amount)
  redis.call('HINCRBY', hours, math.floor(redis.call('TIME')[1] / 3600) .. '|' .. what, amount)
end
