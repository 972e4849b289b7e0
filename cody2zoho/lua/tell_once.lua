-- Put one message into each outbox, unless that was done for the same day, or there was no day before.
-- KEYS  1 alerts:digest, 2 … outboxes
-- ARGV  1 the day, as 2026-11-21, 2 the message as JSON
-- returns 1 where it is told now
local told = redis.call('GET', KEYS[1])
if told and told >= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
if not told then return 0 end
for number = 2, #KEYS do
  redis.call('RPUSH', KEYS[number], ARGV[2])
  redis.call('EXPIRE', KEYS[number], 2592000)
end
return 1
