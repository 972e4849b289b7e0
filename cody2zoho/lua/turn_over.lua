-- Give a slot back, or leave it to run out while the call may still run at Zoho; and book what the call cost.
-- KEYS  1 limit:zoho, 2 metrics:credits, 3 metrics:credits:remaining, 4 metrics:credits:allowance
-- ARGV  1 the slot's name, 2 milliseconds until it runs out, 0 = given back, 3 lane, 4 credits,
--       5 credits remaining as Zoho says, '' where it does not
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[2] == '0' then
  redis.call('ZREM', KEYS[1], ARGV[1])
else
  redis.call('ZADD', KEYS[1], 'XX', now + ARGV[2], ARGV[1])
end
if ARGV[4] ~= '0' then
  local quarter = math.floor(now / 900000)
  local spent = redis.call('HINCRBY', KEYS[2], quarter .. ':' .. ARGV[3], ARGV[4])
  if spent == tonumber(ARGV[4]) then
    -- The first of its quarter of an hour sweeps out what is older than a day, or of a clock that was put back.
    for _, field in ipairs(redis.call('HKEYS', KEYS[2])) do
      local age = quarter - string.match(field, '^%d+')
      if age > 96 or age < 0 then redis.call('HDEL', KEYS[2], field) end
    end
    redis.call('EXPIRE', KEYS[2], 90000)
  end
end
if ARGV[5] ~= '' then
  redis.call('SET', KEYS[3], ARGV[5], 'EX', 900)
  -- Zoho begins to say so at the half.
  local allowance = 2 * ARGV[5]
  if allowance > tonumber(redis.call('GET', KEYS[4]) or 0) then redis.call('SET', KEYS[4], allowance, 'EX', 172800) end
end
return 1
