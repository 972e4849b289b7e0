-- How much of the limits is used now.
-- KEYS  1 limit:cody:reads, 2 limit:cody:polls, 3 limit:cody:told, 4 pause:cody, 5 limit:zoho, 6 pause:zoho
-- ARGV  1 CODY_REQUESTS_PER_MINUTE, 0 = not set, 2 lease of a call to Zoho (milliseconds)
-- returns {pause of Cody, pause of Zoho (milliseconds), Zoho's calls in flight,
--          Cody's requests in the window, its limit, conversations that may be begun}
local state = window()
return {
  paused(KEYS[4]), paused(KEYS[6]),
  redis.call('ZCOUNT', KEYS[5], now, now + ARGV[2]),
  state.asked, state.limit, math.max(0, state.left - state.keep.start),
}
