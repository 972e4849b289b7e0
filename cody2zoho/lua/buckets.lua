-- Finished conversations as they are at one moment, with their next looks.
-- KEYS  1 agenda, then the buckets
-- returns id, record and next look ('' = none) of each
local found = {}
for bucket = 2, #KEYS do
  local records = redis.call('HGETALL', KEYS[bucket])
  for at = 1, #records, 2 do
    found[#found + 1] = records[at]
    found[#found + 1] = records[at + 1]
    found[#found + 1] = redis.call('ZSCORE', KEYS[1], records[at]) or ''
  end
end
return found
