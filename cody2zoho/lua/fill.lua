-- Note how far the ledger is filled, or that all of it is: then it may be trusted from now on.
-- KEYS  1 ledger
-- ARGV  1 how far the caller has filled it ('' = whoever did), 2 a case's id, '' = all of it is, 3 version
-- returns 1 unless it was lost, or another filled it, since the caller looked, or a backup is being put back
local time = redis.call('TIME')
if redis.call('HEXISTS', KEYS[1], 'restoring') == 1 then return 0 end
if ARGV[1] ~= '' and redis.call('HGET', KEYS[1], 'filled_to') ~= ARGV[1] then return 0 end
if ARGV[2] ~= '' then
  redis.call('HSET', KEYS[1], 'filled_to', ARGV[2])
else
  local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
  redis.call('HSET', KEYS[1], 'epoch', now, 'turn', 0, 'schema', ARGV[3])
  redis.call('HDEL', KEYS[1], 'filled_to')
end
return 1
