-- Let nobody ask an API for a while. A pause in force is never shortened, and is one, however many ask for it.
-- KEYS  1 pause:<api>, 2 pause:<api>:row
-- ARGV  1 milliseconds; '' where the API names none: 2 seconds, doubled each time in a row, 2 the longest of these
-- returns {milliseconds left, 1 where it has just begun}
local left = paused(KEYS[1])
local wait = tonumber(ARGV[1])
if not wait then
  -- Whoever was on the way when it began meets the same trouble, not a new one.
  if left > 0 then return {left, 0} end
  wait = math.min(tonumber(ARGV[2]), 1000 * 2 ^ redis.call('INCR', KEYS[2]))
  redis.call('PEXPIRE', KEYS[2], wait + 60000)
end
if wait <= left then return {left, 0} end
redis.call('SET', KEYS[1], wait, 'PX', wait)
return {wait, left > 0 and 0 or 1}
