-- It is over: forget it, and say so in each outbox where it was told.
-- KEYS  1 alerts:raised, 2 alerts:resolved, 3 … outboxes
-- ARGV  1 key, 2 the message as JSON, 3 how many of the latest are kept
-- returns 1 where that is told now
local was = redis.call('HGET', KEYS[1], ARGV[1])
if not was then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
if string.sub(was, 1, 1) == '0' then return 0 end
redis.call('LPUSH', KEYS[2], ARGV[2])
redis.call('LTRIM', KEYS[2], 0, ARGV[3] - 1)
for number = 3, #KEYS do
  redis.call('RPUSH', KEYS[number], ARGV[2])
  redis.call('EXPIRE', KEYS[number], 2592000)
end
return 1
