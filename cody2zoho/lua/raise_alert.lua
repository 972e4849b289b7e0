-- Something is wrong: note it, and put one message into each outbox where that is news.
-- KEYS  1 alerts:raised, 2 alerts:sent, 3 alerts:latest, 4 … outboxes
-- ARGV  1 key, 2 the alert as JSON, 3 the message as JSON, 4 Unix second, 5 seconds of the cool-down, 6 rank of its level,
--       7 the message without details
-- returns 1 where it is told now
local told, since = '-', ARGV[4]
local was = redis.call('HGET', KEYS[1], ARGV[1])
if was then told, since = string.match(was, '^(%S+) (%S+) ') end
local is_worse = told ~= '-' and tonumber(ARGV[6]) < tonumber(string.sub(told, -1))
local sent = redis.call('HGET', KEYS[2], ARGV[1])
local is_cool = not sent or tonumber(ARGV[4]) - tonumber(sent) >= tonumber(ARGV[5])
local is_news = is_worse or (told == '-' and is_cool)
if is_news then
  told = (told == '-' and '' or told) .. ARGV[6]
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[4])
  redis.call('LPUSH', KEYS[3], ARGV[7])
  redis.call('LTRIM', KEYS[3], 0, 199)
  for number = 4, #KEYS do
    redis.call('RPUSH', KEYS[number], ARGV[3])
    redis.call('EXPIRE', KEYS[number], 2592000)
  end
end
redis.call('HSET', KEYS[1], ARGV[1], table.concat({told, since, ARGV[2]}, ' '))
return is_news and 1 or 0
