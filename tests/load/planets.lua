-- Planets whose seeds never repeat, for wrk (https://github.com/wg/wrk, Debian package wrk):
--   wrk --threads 2 --connections 16 --duration 60s --latency --script tests/load/planets.lua http://127.0.0.1:8000 \
--       -- dcgan_v1_64 webp 1
-- After the last -- come the model, the format (png, webp, jpg), the planets of a request (1 for a GET, up to 64 for a
-- POST, 0 for a GET of the same planet again and again), and the requests a second, all connections together, if they
-- shall not come as fast as they are answered. What was refused (503 or 429 with Retry-After), and what was accepted but
-- came too late (504), is told apart from what failed; none is a planet, and only what is late counts in the times. The last line is the same as JSON, for tests/load/wrk.py.
local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long seconds, microseconds; } planets_time;
  int gettimeofday(planets_time *time, void *zone);
]])
local time = ffi.new("planets_time")
local starts = 0
local threads = {}

local function now_us()
  ffi.C.gettimeofday(time, nil)
  return tonumber(time.seconds) * 1e6 + tonumber(time.microseconds)
end

function setup(thread)
  thread:set("first", starts)
  starts = starts + 1
  threads[#threads + 1] = thread
end

function init(arguments)
  model = arguments[1] or "conditional_64"
  format = arguments[2] or "webp"
  count = tonumber(arguments[3] or "1")
  if arguments[4] then
    pace(tonumber(arguments[4]))
  end
  -- Each thread of each run counts from a place of its own, so that no cache has its planets.
  seed = (os.time() % 1000000) * 100000000 + first * 10000000
  refused, late = 0, 0
  answers, taken_us, unencoded_us, overhead_us = {}, {}, {}, {}
end

-- Has requests sent when they are due, whatever became of those before; only wrk with one thread keeps the rate.
function pace(rate)
  local due_us = now_us()
  function delay()
    local now = now_us()
    due_us = math.max(due_us + 1e6 / rate, now - 1e6)
    return math.max(0, math.floor((due_us - now) / 1000))
  end
end

function request()
  seed = seed + (count > 0 and 1 or 0)
  -- Every answer bears its request's id, and so tells when it was sent.
  local headers = { ["X-Request-Id"] = string.format("%.0f", now_us()) }
  if count <= 1 then
    return wrk.format("GET", string.format("/v1/planets/%d.%s?model=%s", seed, format, model), headers)
  end
  headers["Content-Type"] = "application/json"
  local body = string.format('{"seed": "%d", "count": %d, "format": "%s", "model": "%s"}', seed, count, format, model)
  return wrk.format("POST", "/v1/planets", headers, body)
end

local function stage_us(timing, name)
  return 1000 * tonumber(timing:match("%f[%a]" .. name .. ";dur=([%d.]+)") or "0")
end

-- The value of a header, however the server spells its name.
local function header(headers, name)
  if headers[name] then
    return headers[name]
  end
  for given, value in pairs(headers) do
    if given:lower() == name:lower() then
      return value
    end
  end
end

function response(status, headers)
  local key = tostring(status)
  answers[key] = (answers[key] or 0) + 1
  if status == 200 then
    local us = now_us() - tonumber(header(headers, "X-Request-Id"))
    local timing = header(headers, "Server-Timing")
    local unencoded = us - stage_us(timing, "encode")
    taken_us[#taken_us + 1] = us
    unencoded_us[#unencoded_us + 1] = unencoded
    overhead_us[#overhead_us + 1] = unencoded - stage_us(timing, "model")
  elseif status == 504 then
    late = late + 1
    taken_us[#taken_us + 1] = now_us() - tonumber(header(headers, "X-Request-Id"))
  elseif (status == 503 or status == 429) and header(headers, "Retry-After") then
    refused = refused + 1
  end
end

local function all(name)
  local together = {}
  for _, thread in ipairs(threads) do
    for _, value in ipairs(thread:get(name)) do
      together[#together + 1] = value
    end
  end
  table.sort(together)
  return together
end

local function ms(sorted_us, share)
  return (sorted_us[math.max(1, math.ceil(share * #sorted_us))] or 0) / 1000
end

function done(summary)
  local statuses, given, turned_away, too_late = {}, 0, 0, 0
  for _, thread in ipairs(threads) do
    turned_away = turned_away + thread:get("refused")
    too_late = too_late + thread:get("late")
    for status, times in pairs(thread:get("answers")) do
      statuses[status] = (statuses[status] or 0) + times
      given = given + times
    end
  end
  local taken = all("taken_us")
  local seconds = summary.duration / 1e6
  local planets = (#taken - too_late) * math.max(1, threads[1]:get("count"))
  local failed = given - #taken - turned_away
  local unanswered = summary.errors.timeout + summary.errors.connect + summary.errors.read + summary.errors.write
  io.write(string.format("Planets: %d, %.1f a second; requests refused: %d, late: %d, failed: %d; no answer: %d\n",
    planets, planets / seconds, turned_away, too_late, failed, unanswered))
  local listed = {}
  for status, times in pairs(statuses) do
    listed[#listed + 1] = string.format('"%s": %d', status, times)
  end
  io.write(string.format('{"seconds": %.3f, "planets": %d, "refused": %d, "late": %d, "failed": %d, "unanswered": %d, ',
    seconds, planets, turned_away, too_late, failed, unanswered))
  io.write(string.format('"p50_ms": %.3f, "p99_ms": %.3f, "slowest_ms": %.3f, ', ms(taken, 0.5), ms(taken, 0.99),
    ms(taken, 1)))
  io.write(string.format('"unencoded_p50_ms": %.3f, "overhead_p50_ms": %.3f, ', ms(all("unencoded_us"), 0.5),
    ms(all("overhead_us"), 0.5)))
  io.write(string.format('"answers": {%s}}\n', table.concat(listed, ", ")))
end
