-- Take what is due from the agenda, and look again later should the message about it be lost.
-- KEYS  1 agenda, 2 working, 3 cases (Celery's queue), 4 ledger, 5 blocked, 6 paused, 7 backfill:hand, which does not
--       count
-- ARGV  1 at most, 2 at most in hand (queued and worked on) afterwards, 3 milliseconds until a message counts as lost,
--       4 and 5 epoch and turn that the caller saw last, 6 at most while work is blocked, 7 … what blocks work
-- returns {epoch, turn, 1 while work is blocked, id …}; epoch 0 where the ledger cannot be trusted: it has to be rebuilt
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local epoch, clock = unpack(redis.call('HMGET', KEYS[4], 'epoch', 'clock'))
if not epoch then return {0, 0, 0} end

-- Every turn counts up. One that was there before: Redis came back with an old state.
local turn = redis.call('HINCRBY', KEYS[4], 'turn', 1)
epoch = tonumber(epoch)
if epoch < tonumber(ARGV[4]) or (epoch == tonumber(ARGV[4]) and turn <= tonumber(ARGV[5])) then
  redis.call('HDEL', KEYS[4], 'epoch')
  return {0, 0, 0}
end

-- The server's clock was put back: what waits would wait for so much longer.
local back = tonumber(clock or now) - now
if back > 10000 then
  for _, key in ipairs({KEYS[1], KEYS[2]}) do
    for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do redis.call('ZINCRBY', key, -back, id) end
  end
end
redis.call('HSET', KEYS[4], 'clock', now)
if redis.call('HEXISTS', KEYS[6], 'all') == 1 then return {epoch, turn, 0} end

-- A batch has some that it has not claimed yet, or that are finished.
local working = redis.call('ZCOUNT', KEYS[2], '(' .. now, '+inf') - redis.call('ZCOUNT', KEYS[7], '(' .. now, '+inf')
local in_hand = redis.call('LLEN', KEYS[3]) + math.max(0, working)
local room, blocked = math.min(ARGV[1], ARGV[2] - in_hand), 0
for place = 7, #ARGV do blocked = math.max(blocked, redis.call('HEXISTS', KEYS[5], ARGV[place])) end
if blocked == 1 then room = math.min(room, ARGV[6]) end
if room < 1 then return {epoch, turn, blocked} end
-- A twentieth of a second early: so long it takes until a worker has the message.
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now + 50, 'LIMIT', 0, room)
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], now + ARGV[3], id) end
return {epoch, turn, blocked, unpack(ids)}
