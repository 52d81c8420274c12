-- Planets whose seeds never repeat, for wrk (https://github.com/wg/wrk, Debian package wrk):
--   wrk --threads 2 --connections 16 --duration 60s --latency --script tests/load/planets.lua http://127.0.0.1:8000 \
--       -- dcgan_v1_64 webp 1
-- After the last -- come the model, the format (png, webp, jpg) and the planets of a request: 1 for a GET, up to 64
-- for a POST. What was refused (503 with Retry-After, 429) is told apart from what failed; either is no planet.
local starts = 0
local threads = {}

function setup(thread)
  thread:set("first", starts)
  starts = starts + 1
  threads[#threads + 1] = thread
end

function init(arguments)
  model = arguments[1] or "planet_v3_64"
  format = arguments[2] or "webp"
  count = tonumber(arguments[3] or "1")
  -- Each thread of each run counts from a place of its own, so that no cache has its planets.
  seed = (os.time() % 1000000) * 100000000 + first * 10000000
  drawn, refused, failed = 0, 0, 0
end

function request()
  seed = seed + 1
  if count == 1 then
    return wrk.format("GET", string.format("/v1/planets/%d.%s?model=%s", seed, format, model))
  end
  local body = string.format('{"seed": "%d", "count": %d, "format": "%s", "model": "%s"}', seed, count, format, model)
  return wrk.format("POST", "/v1/planets", { ["Content-Type"] = "application/json" }, body)
end

function response(status, headers)
  if status == 200 then
    drawn = drawn + count
  elseif (status == 503 or status == 429) and headers["Retry-After"] then
    refused = refused + 1
  else
    failed = failed + 1
  end
end

function done(summary, latency)
  local sums = { drawn = 0, refused = 0, failed = 0 }
  for _, thread in ipairs(threads) do
    for name in pairs(sums) do
      sums[name] = sums[name] + thread:get(name)
    end
  end
  local seconds = summary.duration / 1e6
  io.write(string.format("Planets: %d, %.1f a second; requests refused: %d, failed: %d; no answer: %d\n", sums.drawn,
    sums.drawn / seconds, sums.refused, sums.failed, summary.errors.timeout + summary.errors.connect + summary.errors.read))
end
