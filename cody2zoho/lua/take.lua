-- Take conversations of a backfill for the batch of one place, the newest first. What an earlier batch of this place has
-- not finished comes before all else: it failed, or its worker died.
-- KEYS  1 backfill, 2 backfill:todo, 3 backfill:taken:<place>, 4 backfill:rest
-- ARGV  1 at most, 2 the place's name in the run: how many of its batches ended without a word
-- returns {the run, how many of these batches there were in a row, conversation …}; {} where there is no run, or it rests
local run = redis.call('HGET', KEYS[1], 'run')
if not run or redis.call('EXISTS', KEYS[4]) == 1 then return {} end
local room = ARGV[1] - redis.call('ZCARD', KEYS[3])
local new = room > 0 and redis.call('ZPOPMAX', KEYS[2], room) or {}
for at = 1, #new, 2 do redis.call('ZADD', KEYS[3], new[at + 1], new[at]) end
local lapses = redis.call('HINCRBY', KEYS[1], ARGV[2], 1) - 1
return {run, lapses, unpack(redis.call('ZREVRANGE', KEYS[3], 0, ARGV[1] - 1))}
