-- What is left of Cody's requests a minute. This file is put before `permit` and before `look`.
-- KEYS  1 limit:cody:reads, 2 limit:cody:polls, 3 limit:cody:told
-- ARGV  1 CODY_REQUESTS_PER_MINUTE, 0 = not set
--
-- Two counts hold together. Our own moves along with time, and is 10 % longer than a minute and 5 % smaller than the
-- limit, because a request arrives some time after it was counted. Cody's is of a window that it opens with the first
-- request of anybody, and it also knows of other programs on the same account.
local LENGTH = 66000
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function share(limit) return math.max(1, math.floor(0.95 * limit)) end

-- Note what an answer's headers said so many milliseconds ago.
local function note(limit, remaining, age)
  redis.call('HSET', KEYS[3], 'limit', limit)
  -- What is old may be about a window that has ended.
  if age > 10000 then return end
  local used, ends = unpack(redis.call('HMGET', KEYS[3], 'used', 'ends'))
  local counted = limit - remaining
  -- Far fewer than we know of: Cody has opened a new window. A few less are on their way.
  if not ends or tonumber(ends) <= now or counted < used - limit / 4 then
    redis.call('HSET', KEYS[3], 'used', counted, 'ends', now + 60000)
  elseif counted > tonumber(used) then
    redis.call('HSET', KEYS[3], 'used', counted)
  end
end

-- When the first, second, third … oldest request was asked, of both kinds together; now where there are fewer.
local function oldest(number)
  local times = {}
  for key = 1, 2 do
    local found = redis.call('ZRANGE', KEYS[key], 0, number - 1, 'WITHSCORES')
    for at = 2, #found, 2 do times[#times + 1] = tonumber(found[at]) end
  end
  table.sort(times)
  return times[number] or now
end

-- What is left for anybody, what must be left after a request of each kind, and when Cody's own window is in the way.
local function window()
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - LENGTH)
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - LENGTH)
  -- Asked in the future: the server's clock was put back, and they would count for as long.
  redis.call('ZREMRANGEBYSCORE', KEYS[1], now + 1000, '+inf')
  redis.call('ZREMRANGEBYSCORE', KEYS[2], now + 1000, '+inf')
  local reads, polls = redis.call('ZCARD', KEYS[1]), redis.call('ZCARD', KEYS[2])
  local told, used, ends = unpack(redis.call('HMGET', KEYS[3], 'limit', 'used', 'ends'))
  local setting = tonumber(ARGV[1])
  told, ends = tonumber(told), tonumber(ends or 0)
  if ends > now + 60000 then ends = 0 end
  local limit = setting > 0 and setting or told or 60
  if told and told < limit then limit = told end
  local most = share(limit)
  local left, until_then = most - reads - polls, nil
  if ends > now and share(told) - used < left then left, until_then = share(told) - used, ends end
  -- One at the least, unless that were too much of it: a backlog would hide what is new.
  local own = math.max(most < 5 and 0 or 1, math.floor(0.08 * most))
  local spare = math.floor(0.07 * most)
  local kept = math.max(0, own - polls)
  return {
    limit = limit, asked = reads + polls, left = left, ends = ends, until_then = until_then,
    keep = {
      on = kept, start = kept + spare, poll = polls < own and 0 or spare,
      -- A fifth stays free, so that what comes up need not wait until history is out of the window.
      back = kept + spare + math.floor(0.2 * most),
    },
  }
end
