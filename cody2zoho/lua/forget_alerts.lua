-- Take a conversation's id out of what alerts say: of those that last, of messages that wait, and of errors.
-- KEYS  alerts:raised, alerts:errors, alerts:latest, outboxes …
-- ARGV  1 id, 2 what stands in its place
local named = string.gsub(ARGV[1], '%W', '%%%0')
local function without(value) return (string.gsub(value, named, ARGV[2])) end

for _, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key).ok
  if kind == 'hash' then
    local facts = redis.call('HGETALL', key)
    for at = 1, #facts, 2 do redis.call('HSET', key, facts[at], without(facts[at + 1])) end
  elseif kind == 'list' then
    for at, value in ipairs(redis.call('LRANGE', key, 0, -1)) do redis.call('LSET', key, at - 1, without(value)) end
  end
end
return #KEYS
