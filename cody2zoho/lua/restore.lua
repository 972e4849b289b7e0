-- Put conversations of a backup into the ledger, while it is closed for that. What is known already stays: a worker, or a
-- person who forgot it, knows better.
-- KEYS  1 ledger, 2 counts, 3 forgotten, 4 agenda, 5 aside, 6 parked, then for each: conversation:<id>, its finished bucket
-- ARGV  1 the mark of this restore, then for each a line of the backup
-- returns how many were new, -1 where this restore is over: Redis was lost, or another one has begun
if redis.call('HGET', KEYS[1], 'restoring') ~= ARGV[1] then return -1 end
local new = 0
for one = 2, #ARGV do
  local open, finished, line = KEYS[one * 2 + 3], KEYS[one * 2 + 4], cjson.decode(ARGV[one])
  local is_known = redis.call('EXISTS', open) == 1 or redis.call('HEXISTS', finished, line.id) == 1
  if not is_known and not redis.call('ZSCORE', KEYS[3], redis.sha1hex(line.id)) then
    local state = line.record and string.match(line.record, '^%a+') or line.fields.state
    if line.record then redis.call('HSET', finished, line.id, line.record) end
    for name, value in pairs(line.fields or {}) do redis.call('HSET', open, name, value) end
    if line.agenda then redis.call('ZADD', KEYS[4], line.agenda, line.id) end
    if line.aside then redis.call('ZADD', KEYS[5], line.aside, line.id) end
    if line.parked then redis.call('ZADD', KEYS[6], line.parked, line.id) end
    redis.call('HINCRBY', KEYS[2], state, 1)
    new = new + 1
  end
end
return new
