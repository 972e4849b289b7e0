-- Add what a process has counted, once, however often it is sent: an answer may be lost on its way.
-- KEYS  1 metrics:counters, 2 metrics:sent:<process>
-- ARGV  1 number of the sending, then field and amount …
if redis.call('GET', KEYS[2]) == ARGV[1] then return end
for place = 2, #ARGV, 2 do redis.call('HINCRBYFLOAT', KEYS[1], ARGV[place], ARGV[place + 1]) end
redis.call('SET', KEYS[2], ARGV[1], 'EX', 3600)
